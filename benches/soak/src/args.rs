//! What can be typed.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};

/// Aqueduct for a long time, and under kills.
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
  soak storm --short --seed 0x5eed    in some seconds, with the choices of an earlier run";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Storm(Storm),
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
