//! The program `aqueduct`: copies between files, sockets and pipes under flow control.

mod address;
mod args;
mod check;
mod copy;
mod edges;
mod failure;
mod progress;
mod report;
mod sizes;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    start_tracing(args.verbose);
    let result = match args.command {
        Command::Copy(copy) => copy::run(&copy),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

/// Events go to stderr: with `-v` and more, or as `RUST_LOG` says.
///
/// Without either only what would be a bug of ours: why a copy failed, the program says itself.
fn start_tracing(verbose: u8) {
    let level = match verbose {
        0 => "aqueduct_link=error",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
