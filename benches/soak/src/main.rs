//! The program `soak`: Aqueduct for a long time, under kills, chunks of one byte and a neighbour
//! that heeds nothing, with what must hold at the end checked.
//!
//! Each sub-command is a module that runs and returns an [`Outcome`](outcome::Outcome).

#![allow(clippy::print_stdout, reason = "a program tells what it finds")]

mod args;
mod cycles;
mod events;
mod hostile;
mod outcome;
mod planted;
mod run;
mod scratch;
mod storm;
mod tiny;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// Why a check could not be done at all.
type Broken = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args = Args::parse();
    planted::silence();
    events::keep();
    let short = args.short;
    let (name, outcome) = match &args.command {
        Command::Run(run) => ("run", run::check(run, short)),
        Command::Storm(storm) => ("storm", storm::check(storm, short)),
        Command::Tiny(tiny) => ("tiny", tiny::check(tiny, short)),
        Command::Hostile(hostile) => ("hostile", hostile::check(hostile, short)),
        Command::Cycles(cycles) => ("cycles", cycles::check(cycles, short)),
    };
    match outcome.and_then(|outcome| outcome.tell(name, args.json.as_deref())) {
        Ok(code) => code,
        Err(error) => {
            println!("soak {name}: FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}
