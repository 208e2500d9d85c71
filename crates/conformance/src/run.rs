//! Runs a scenario.

use serde_json::{Value, json};

use crate::{
    Over,
    kinds::{self, Final, Kind},
    scenario::{Event, Scenario},
    world::{Effect, Raised, World},
};

/// Runs the scenario of this line of JSON over the pure core, and returns the line that answers it.
///
/// # Errors
/// If the line is no scenario.
pub fn answer(line: &str) -> Result<String, serde_json::Error> {
    answer_over(Over::Core, line)
}

/// As [`answer`], over what is said.
///
/// # Errors
/// If the line is no scenario.
pub fn answer_over(over: Over, line: &str) -> Result<String, serde_json::Error> {
    let scenario: Scenario = serde_json::from_str(line)?;
    Ok(match run(&scenario, over) {
        Ok(result) => result,
        Err(raised) => {
            json!({"id": scenario.id, "kind": scenario.kind, "oracle_error": raised.msg})
        }
    }
    .to_string())
}

fn run(scenario: &Scenario, over: Over) -> Result<Value, Raised> {
    let mut world = World::new(scenario.producers.clone());
    let mut kind = kinds::make(scenario, over, &mut world)?;
    run_scripts(&mut *kind, &mut world);
    let setup = world.take_seen();
    let mut steps = Vec::with_capacity(scenario.events.len());
    for event in &scenario.events {
        run_all(&mut *kind, std::slice::from_ref(event), &mut world);
        run_scripts(&mut *kind, &mut world);
        steps.push(world.take_seen());
    }
    let mut end = Final::default();
    kind.report(&mut end);
    let (emitted, sha256) = world.account();
    end.put("emitted", json!(emitted));
    end.put("sha256", json!(sha256));
    Ok(json!({
        "id": scenario.id,
        "kind": scenario.kind,
        "setup": setup,
        "steps": steps,
        "final": end.0,
    }))
}

/// The most scripts that one event may set off, since a script can call its own producer again.
const SCRIPTS: usize = 10_000;

/// Runs what producers do about the calls that they got, first called first run.
fn run_scripts(kind: &mut dyn Kind, world: &mut World) {
    for _ in 0..SCRIPTS {
        let Some(events) = world.next_script() else { return };
        run_all(kind, &events, world);
    }
    let text = format!("one event set off more than {SCRIPTS} scripts");
    world.saw(Effect::Raise(Raised::new("TooManyScripts", text)));
    world.forget_scripts();
}

/// Runs these events until one of them is answered with an error.
fn run_all(kind: &mut dyn Kind, events: &[Event], world: &mut World) {
    for event in events {
        if let Err(raised) = kind.on(event, world) {
            world.saw(Effect::Raise(raised));
            return;
        }
    }
}
