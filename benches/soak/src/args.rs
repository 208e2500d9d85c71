//! What can be typed.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};

/// Aqueduct for a long time, under kills, chunks of one byte and bad neighbours.
///
/// Each sub-command prints what it measured, and ends with "all good" and exit code 0, or with a
/// line for each thing that does not hold and exit code 1.
#[derive(Debug, Parser)]
#[command(name = "soak", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The short form, of some seconds: what is not given is small
    #[arg(long, global = true, display_order = 900)]
    pub(crate) short: bool,

    /// Write the figures to this file, as JSON
    #[arg(long, global = true, value_name = "FILE", display_order = 901)]
    pub(crate) json: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  soak run --for 10min                many streams under changing load, with panics and pauses
  soak storm --kills 1000             a consumer that is killed again and again
  soak tiny --chunks 10000000         chunks of one byte, at consumers that take none
  soak hostile                        a neighbour that ignores Pause and retries for ever
  soak cycles --times 1000            a whole pipeline, started and stopped
  soak storm --short --seed 0x5eed    in some seconds, with the choices of an earlier run";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Storm(Storm),
    Tiny(Tiny),
    Hostile(Hostile),
    Cycles(Cycles),
}

/// Run streams of all kinds under changing load, and check that nothing is lost and nothing stays
///
/// Streams by trait, by handler, over TCP and through files, with holds, producers that come and
/// go, and consumers that panic and are made anew. At the end: each link's figures add up, order
/// and sums are right, descriptors, threads and temporary files are back where they were, and
/// memory does not rise.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// How long, as 90s or 10min [default: 60s, short: 10s]
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<Duration>,

    /// Streams of each of the four kinds
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) streams: u16,

    /// How often progress is told
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub(crate) every: Duration,

    #[command(flatten)]
    pub(crate) seed: Seed,
}

/// Kill a consumer again and again in the middle of a stream
///
/// It fails if an item is lost, comes out of order, comes again unmarked, or if more than one
/// comes again for a kill.
#[derive(Debug, clap::Args)]
pub(crate) struct Storm {
    /// How many kills [default: 1000, short: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) kills: Option<u64>,

    /// Only kills of this kind; may be given several times [default: all]
    #[arg(long, value_name = "KIND")]
    pub(crate) only: Vec<crate::storm::Kill>,

    #[command(flatten)]
    pub(crate) seed: Seed,
}

/// Send chunks of one byte at consumers that take none, then have them all arrive
///
/// Marks count bytes, and a chunk is charged 64 bytes beyond its length. It fails if resident
/// memory grows by more than 1.25 times what is charged, or if number or order differ at the end.
#[derive(Debug, clap::Args)]
pub(crate) struct Tiny {
    /// How many chunks in all [default: 10000000, short: 2000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) chunks: Option<u64>,

    /// How many MiB of charged bytes the windows of all links make up [default: 64, short: 16]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(crate) window: Option<u64>,

    /// One link of that window, counted in items: one with marks in bytes holds 1024 chunks at most
    #[arg(long)]
    pub(crate) one_link: bool,
}

/// Measure what a producer that ignores Pause costs its neighbours on one arbiter
///
/// Rounds without and with it alternate; it fails if the median rate of the eight healthy links
/// falls below 95 %.
#[derive(Debug, clap::Args)]
pub(crate) struct Hostile {
    /// Rounds of each kind [default: 100, short: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: Option<u32>,

    /// How long a round is
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time)]
    pub(crate) round: Duration,

    /// How many writes the hostile producer tries before it returns to its arbiter
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tries: u32,
}

/// Start and stop a whole pipeline, and count what is left of it
///
/// From a file through a transform, over a boundary to another arbiter, through TCP and into a
/// file. It fails if threads, descriptors, child processes, temporary files or actors are left, or
/// if memory rises.
#[derive(Debug, clap::Args)]
pub(crate) struct Cycles {
    /// How many times [default: 1000, short: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) times: Option<u64>,
}

/// What a run's choices come from.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Seed {
    /// Make the choices of this seed, as 0x5eed; it is printed at the start [default: another each time]
    #[arg(long, value_name = "SEED", value_parser = number)]
    seed: Option<u64>,
}

impl Seed {
    /// The seed that was given or a fresh one; either is printed.
    pub(crate) fn tell(self) -> u64 {
        let seed = self.seed.unwrap_or_else(aqueduct_soak::Random::fresh_seed);
        println!("seed {seed:#x}");
        seed
    }
}

fn time(text: &str) -> Result<Duration, String> {
    aqueduct_config::parse_duration(text)
}

fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("{text:?} is no number: write it as 24301 or 0x5eed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn what_can_be_typed_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_seed_is_a_number_in_either_form() {
        assert_eq!((number("0x5eed"), number("24301")), (Ok(24_301), Ok(24_301)));
        assert!(number("five").unwrap_err().contains("0x5eed"));
    }
}
