//! The program `aqueduct`: runs, checks and draws pipelines, and copies between files, sockets and
//! pipes, under flow control.

mod args;
mod conduct;
mod copy;
mod failure;
mod help;
mod look;
mod progress;
mod run;
mod screen;
mod source;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    start_tracing(args.verbose);
    let result = match args.command {
        Command::Run(run) => run::run(&run),
        Command::Check(check) => look::check(&check),
        Command::Graph(graph) => look::graph(&graph),
        Command::Stages(stages) => look::stages(&stages),
        Command::Copy(copy) => copy::run(&copy),
        Command::Completions { shell } => look::completions(shell),
        Command::Man => look::man(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

/// Events go to stderr: with `-v` and more, or as `RUST_LOG` says.
///
/// Without either only where it listens, and what would be a bug of ours, in plain words: why it
/// failed, the program says itself.
fn start_tracing(verbose: u8) {
    let level = match verbose {
        0 => "aqueduct_link=error,aqueduct_endpoints::tcp=info",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let events = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| screen::Events);
    if verbose == 0 && std::env::var_os("RUST_LOG").is_none() {
        events.without_time().with_target(false).with_level(false).init();
    } else {
        events.init();
    }
}
