//! The command line.

use std::path::PathBuf;

use crate::alone;

/// What `--help` says.
pub(crate) const HELP: &str = "\
Runs Aqueduct beside its peers, and prints figures and ratios (above 1: Aqueduct is better).

  --rounds N     measured rounds, after one that warms up (default 5)
  --items N      items of each run (default: the workload's own number)
  --only A[,B]   only these: W3, W1/cross, W1/cross/item, W1/cross/item/tokio-mpsc, ...
  --seed N       the seed of the order (default: from the clock)
  --list         print what would run, and end
  --json FILE    write the results there too
  --markdown F   write them there as tables
  --plots DIR    draw them into this folder
  --from FILE    take the results from this JSON instead of a run
  --help         this text";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// A run.
    Run(Args),
    /// The help text.
    Help,
}

/// How to run.
#[derive(Debug, Default)]
pub(crate) struct Args {
    /// Measured rounds.
    pub(crate) rounds: u32,
    /// Items of each run; `None` for the workload's own number.
    pub(crate) items: Option<u64>,
    /// Beginnings of what is to run; empty for all.
    pub(crate) only: Vec<String>,
    /// The seed of the order; never 0.
    pub(crate) seed: u64,
    /// Print what would run.
    pub(crate) list: bool,
    /// Run the one entry once, and answer the process that asked for it.
    pub(crate) alone: bool,
    /// Where to write the results.
    pub(crate) json: Option<PathBuf>,
    /// Where to write them as tables.
    pub(crate) markdown: Option<PathBuf>,
    /// Where to draw them.
    pub(crate) plots: Option<PathBuf>,
    /// Where the results are, if nothing is to run.
    pub(crate) from: Option<PathBuf>,
}

/// Reads the command line.
pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut args = Args { rounds: 5, seed: seed_of_the_clock(), ..Args::default() };
    let mut words = words;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} wants a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            // Cargo passes it to every bench.
            "--bench" => {}
            "--rounds" => args.rounds = number(&value()?)?,
            "--items" => args.items = Some(number(&value()?)?),
            "--only" => args.only = value()?.split(',').map(str::to_owned).collect(),
            "--seed" => args.seed = number(&value()?)?,
            "--list" => args.list = true,
            alone::FLAG => args.alone = true,
            "--json" => args.json = Some(value()?.into()),
            "--markdown" => args.markdown = Some(value()?.into()),
            "--plots" => args.plots = Some(value()?.into()),
            "--from" => args.from = Some(value()?.into()),
            _ => return Err(format!("{word} is not known")),
        }
    }
    Ok(Asked::Run(args))
}

/// A number of which there must be at least one.
fn number<N: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> Result<N, String> {
    match text.parse() {
        Ok(number) if number >= N::from(1) => Ok(number),
        _ => Err(format!("{text} is not a number above 0")),
    }
}

fn seed_of_the_clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |now| u64::from(now.subsec_nanos()) + 1)
}
