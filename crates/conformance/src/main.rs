//! Reads scenarios on standard input, one JSON object a line, and answers each on standard output.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use aqueduct_conformance::{Over, answer_over};

const HELP: &str = "\
Drives Aqueduct through scenarios of Twisted's conformance kit.

Usage: aqueduct-conformance [--link] < SCENARIOS > RESULTS

A scenario is a JSON object on a line of its own; so is its result. Empty lines and lines that
begin with # are skipped. A producer's script runs after the event that called it.
The format is described in tests/conformance/README.md.

Options:
  --link      drive a real link, and not the pure core alone; where it decides otherwise, the answer
              contains \"no-room\" (it asks nobody for what it has no room for) or \"counted-whole\"
              (what earlier producers left takes room until the last byte of it is gone)
  --kinds     list the kinds of consumers
  -h, --help  this text";

fn main() -> ExitCode {
    let run = |over| drive(over, &mut io::stdin().lock(), &mut io::stdout().lock());
    let told = match std::env::args().nth(1).as_deref() {
        None => run(Over::Core),
        Some("--link") => run(Over::Link),
        Some("-h" | "--help") => writeln!(io::stdout(), "{HELP}"),
        Some("--kinds") => writeln!(io::stdout(), "{}", aqueduct_conformance::KINDS.join("\n")),
        Some(other) => Err(io::Error::other(format!("there is no option {other}; see --help"))),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if that fails too.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers all scenarios, line by line.
fn drive(over: Over, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    for (line, number) in input.lines().zip(1u64..) {
        let line = line?;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let answer = answer_over(over, &line)
            .map_err(|error| io::Error::other(format!("line {number} is no scenario: {error}")))?;
        writeln!(output, "{answer}")?;
    }
    output.flush()
}
