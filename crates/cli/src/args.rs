//! What can be typed.

use std::{path::PathBuf, time::Duration};

use aqueduct::operators::Sha256Hex;
use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    copy::{address::Address, sizes},
    help,
};

/// Flow control for actors: pipelines with bounded memory, between files, sockets and pipes.
#[derive(Debug, Parser)]
#[command(name = "aqueduct", version, after_help = help::PROGRAM)]
pub(crate) struct Args {
    /// Tell more of what happens, on stderr; twice for more, three times for everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true, display_order = 900)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Check(Check),
    Graph(Graph),
    Stages(Stages),
    Copy(Copy),
    /// Write the completions for a shell to stdout
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page to stdout
    #[command(after_help = help::MAN)]
    Man,
}

/// Run the pipelines of a file
#[derive(Debug, clap::Args)]
#[command(after_help = help::RUN)]
pub(crate) struct Run {
    /// The file, in TOML; - for stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Run only this pipeline of the file; may be given several times
    #[arg(long, value_name = "PIPELINE")]
    pub(crate) only: Vec<String>,

    /// Stop at once if draining takes longer than this
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = sizes::parse_time)]
    pub(crate) drain_within: Duration,

    #[command(flatten)]
    pub(crate) told: Told,
}

/// What is told, and where.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Told {
    /// Do not show what moves while it runs; it is shown on stderr if that is a terminal
    #[arg(long)]
    pub(crate) no_progress: bool,

    /// Report at the end as JSON on stdout (on stderr when data goes to stdout)
    #[arg(long)]
    pub(crate) json: bool,

    /// Show no progress, and report nothing at the end
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

/// Tell all mistakes of files, and start nothing
#[derive(Debug, clap::Args)]
#[command(after_help = help::CHECK)]
pub(crate) struct Check {
    /// The files, in TOML; - for stdin
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Tell the mistakes as JSON on stdout, for editors and scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// Draw the pipelines of a file
#[derive(Debug, clap::Args)]
#[command(after_help = help::GRAPH)]
pub(crate) struct Graph {
    /// The file, in TOML; - for stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// In which form
    #[arg(short, long, value_enum, default_value = "mermaid")]
    pub(crate) format: Format,

    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}

/// A form of a picture.
// A line on each would make the short help long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Mermaid,
    Dot,
    Svg,
}

/// Tell which stages there are, what they take and give, and their keys
#[derive(Debug, clap::Args)]
#[command(after_help = help::STAGES)]
pub(crate) struct Stages {
    /// Only this one, with its keys and an example
    #[arg(value_name = "STAGE")]
    pub(crate) stage: Option<String>,

    /// Write the JSON schema of a file instead, which editors check and complete files by
    #[arg(long, conflicts_with = "stage")]
    pub(crate) schema: bool,
}

/// Copy from one place to another
#[derive(Debug, clap::Args)]
#[command(after_help = help::COPY)]
pub(crate) struct Copy {
    /// Where the data comes from
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Address,

    /// Where the data goes
    #[arg(value_name = "TARGET")]
    pub(crate) target: Address,

    /// Pause above HIGH, go on at LOW; at most twice HIGH is held
    #[arg(long, value_name = "LOW,HIGH", default_value = "64KiB,256KiB")]
    pub(crate) watermarks: sizes::Marks,

    /// Have bytes read and written, also where the kernel could move them by itself
    #[arg(long)]
    pub(crate) user_space: bool,

    /// Fail unless exactly N bytes come
    #[arg(long, value_name = "N", value_parser = sizes::parse_bytes)]
    pub(crate) expect_bytes: Option<u64>,

    /// Fail unless this is the SHA-256 of what comes
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Option<Sha256Hex>,

    #[command(flatten)]
    pub(crate) told: Told,
}
