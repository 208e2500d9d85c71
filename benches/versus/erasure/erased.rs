//! Parts whose types are known only at run time.

use aqueduct::{
    operators::{filter, lines, map},
    pipeline::{
        Assembled, Blueprint,
        blueprint::{Edge, Role, Stage},
        erased::{Part, assemble},
    },
};
use bytes::Bytes;

use super::{
    LONGEST, adopt,
    ending::{Add, Tell, Told, ending, telling},
    is_kept, number, run, see,
    tallying::Tallying,
    text::Text,
};
use crate::{bed::Places, contest::Run, tally::Tally};

type Parts = Vec<(&'static str, Role, Part)>;

pub(super) fn item(places: Places, items: u64) -> Run {
    run(places, items, |text| pipeline(numbers(&text), see))
}

pub(super) fn sum(places: Places, items: u64) -> Run {
    run(places, items, |text| {
        let mut parts = numbers(&text);
        parts.push(("sum", Role::Transform, Part::transform(Tallying::new())));
        pipeline(parts, adopt)
    })
}

fn numbers(text: &Text) -> Parts {
    vec![
        ("text", Role::Producer, Part::producer(text.producer())),
        ("lines", Role::Transform, Part::transform(lines(LONGEST))),
        ("kept", Role::Transform, Part::transform(filter(|line: &Bytes| is_kept(line)))),
        ("number", Role::Transform, Part::transform(map(number))),
    ]
}

fn pipeline(parts: Parts, add: impl Add) -> impl Future<Output = Result<Tally, String>> {
    let (tell, told) = telling();
    finished(whole(parts, add, tell), told)
}

fn whole(mut parts: Parts, add: impl Add, tell: Tell) -> Result<Assembled, String> {
    parts.push(("seen", Role::Consumer, Part::consumer(ending(add, tell))));
    let names: Vec<_> = parts.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let edge = |ends: &[String]| match ends {
        [from, to] => Some(Edge { from: from.clone(), to: to.clone(), link: None }),
        _ => None,
    };
    let edges = names.windows(2).filter_map(edge).collect();
    let stage = |(name, role, part): (&str, Role, Part)| {
        (Stage { name: name.into(), kind: name.into(), role, arbiter: None }, part)
    };
    let (stages, parts) = parts.into_iter().map(stage).unzip();
    let blueprint = Blueprint { name: "numbers".into(), stages, edges, restart: None };
    assemble(blueprint, parts).map_err(|error| error.to_string())
}

/// Runs a pipeline to its end, and returns what it told.
pub(super) async fn finished(
    pipeline: Result<Assembled, String>,
    told: Told,
) -> Result<Tally, String> {
    pipeline?.run().await.map_err(|error| error.to_string())?;
    told.tally()
}
