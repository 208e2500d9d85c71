//! Explores the models, and tells what it found.

#![allow(clippy::print_stdout, reason = "this program prints its report")]

use std::{process::ExitCode, time::Instant};

use aqueduct_model::{Mistake, PRESETS, Preset, SlotModel, check, preset};

const HELP: &str = "\
Explores the models of the protocol.

  --long            the large presets too
  --preset NAME     only this preset; may be repeated
  --mistake NAME    plants this mistake, in the preset that shows it or in --preset, and
                    prints the shortest path to where it breaks a rule
  --list            the names of presets and mistakes
  --help            this text

It ends with 1 if something is violated.";

#[derive(Default)]
struct Options {
    long: bool,
    presets: Vec<&'static Preset>,
    mistake: Option<Mistake>,
}

fn main() -> ExitCode {
    let mut options = Options::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return say(HELP, 0),
            "--list" => return list(),
            "--long" => options.long = true,
            "--preset" => match words.next().as_deref().and_then(preset) {
                Some(found) => options.presets.push(found),
                None => return say("no such preset: see --list", 2),
            },
            "--mistake" => match words.next().as_deref().and_then(Mistake::named) {
                Some(found) => options.mistake = Some(found),
                None => return say("no such mistake: see --list", 2),
            },
            _ => return say(HELP, 2),
        }
    }
    run(options)
}

fn say(text: &str, code: u8) -> ExitCode {
    println!("{text}");
    ExitCode::from(code)
}

fn list() -> ExitCode {
    for one in PRESETS {
        println!("preset  {:<10} {}{}", one.name, one.about, if one.long { " (long)" } else { "" });
    }
    for one in Mistake::ALL {
        println!("mistake {:<22} found in {}", one.name(), one.shown_by().0);
    }
    ExitCode::SUCCESS
}

fn run(options: Options) -> ExitCode {
    let mut models: Vec<(&str, aqueduct_model::Params)> = match &options.presets[..] {
        [] => {
            let wanted = PRESETS.iter().filter(|one| options.long || !one.long);
            wanted.map(|one| (one.name, one.params)).collect()
        }
        some => some.iter().map(|one| (one.name, one.params)).collect(),
    };
    if let Some(mistake) = options.mistake {
        if options.presets.is_empty() {
            models = vec![mistake.shown_by()];
        }
        for (_, params) in &mut models {
            *params = params.with(mistake);
        }
    }
    let began = Instant::now();
    let (mut states, mut good) = (0, true);
    for (name, params) in models {
        let model = match SlotModel::new(params) {
            Ok(model) => model,
            Err(error) => return say(&format!("{name}: {error}"), 2),
        };
        let report = check(model, true);
        println!("{name:<10} {report}");
        states += report.states;
        good &= report.is_good();
    }
    println!("{states} states in {:.1} s", began.elapsed().as_secs_f64());
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
