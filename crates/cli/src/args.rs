//! What can be typed.

use clap::{Parser, Subcommand};

use crate::{address::Address, check::Sha256Hex, sizes::Marks};

/// Flow control for actors: moves data between files, sockets and pipes with bounded memory.
#[derive(Debug, Parser)]
#[command(name = "aqueduct", version, about, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Tell more of what happens, on stderr; twice for more, three times for everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Copy from one place to another
    Copy(Copy),
}

/// Copies all that SOURCE gives to TARGET.
///
/// A file gets its final name only when everything is in it and on the disk: a copy that fails or
/// is interrupted leaves nothing there.
#[derive(Debug, clap::Args)]
#[command(after_help = PLACES)]
pub(crate) struct Copy {
    /// Where the data comes from
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Address,

    /// Where the data goes
    #[arg(value_name = "TARGET")]
    pub(crate) target: Address,

    /// Pause above HIGH, go on at LOW; at most twice HIGH is held
    #[arg(long, value_name = "LOW,HIGH", default_value = "64KiB,256KiB")]
    pub(crate) watermarks: Marks,

    /// Fail unless exactly N bytes come
    #[arg(long, value_name = "N", value_parser = crate::sizes::parse_bytes)]
    pub(crate) expect_bytes: Option<u64>,

    /// Fail unless this is the SHA-256 of what comes
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Option<Sha256Hex>,

    /// Show rate and time paused while it runs, on stderr, if that is a terminal
    #[arg(short, long)]
    pub(crate) progress: bool,

    /// Report at the end as JSON on stdout (on stderr when TARGET is -)
    #[arg(long)]
    pub(crate) json: bool,

    /// Report nothing at the end
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

const PLACES: &str = "\
Places:
  PATH                    a file
  -                       stdin as SOURCE, stdout as TARGET
  tcp://HOST:PORT         connect
  tcp-listen://HOST:PORT  listen, and take the first connection

A raw TCP stream cannot tell a killed sender from a finished one. Say what is to come with
--expect-bytes or --sha256; then a short or a wrong stream fails, and no file is left behind.

Examples:
  aqueduct copy big.iso tcp://10.0.0.7:9000 --progress
  aqueduct copy tcp-listen://0.0.0.0:9000 big.iso --expect-bytes 1GiB
  tar c src | aqueduct copy - backup.tar";
