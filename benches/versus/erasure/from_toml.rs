//! The same from a file, with kinds of its own beside those that every file has.

use aqueduct::{
    operators::map,
    pipeline::{
        Assembled,
        erased::{Part, assemble},
    },
};
use aqueduct_config::{Config, Gives, Items, Kind, Registry};

use super::{
    adopt,
    ending::{Add, Tell, ending, telling},
    erased::finished,
    number, run, see,
    tallying::Tallying,
    text::Text,
};
use crate::{bed::Places, contest::Run, tally::Tally};

const ITEM: &str = r#"
    [[pipeline.numbers.stage]]
    text = {}
    [[pipeline.numbers.stage]]
    lines = { longest = "64 KiB" }
    [[pipeline.numbers.stage]]
    filter = { starts-with = "keep" }
    [[pipeline.numbers.stage]]
    number = {}
    [[pipeline.numbers.stage]]
    seen = {}
"#;

const SUM: &str = r#"
    [[pipeline.numbers.stage]]
    text = {}
    [[pipeline.numbers.stage]]
    lines = { longest = "64 KiB" }
    [[pipeline.numbers.stage]]
    filter = { starts-with = "keep" }
    [[pipeline.numbers.stage]]
    number = {}
    [[pipeline.numbers.stage]]
    sum = {}
    [[pipeline.numbers.stage]]
    seen = {}
"#;

pub(super) fn item(places: Places, items: u64) -> Run {
    run(places, items, |text| pipeline(ITEM, text, see))
}

pub(super) fn sum(places: Places, items: u64) -> Run {
    run(places, items, |text| pipeline(SUM, text, adopt))
}

fn pipeline(
    source: &str,
    text: Text,
    add: impl Add + Sync,
) -> impl Future<Output = Result<Tally, String>> {
    let (tell, told) = telling();
    finished(loaded(source, &registry(text, add, tell)), told)
}

fn registry(text: Text, add: impl Add + Sync, tell: Tell) -> Registry {
    let frames = Gives::These(Items::Frame);
    let kinds = [
        Kind::producer("text", "Gives the text.", Items::Bytes, move |_| {
            Part::producer(text.producer())
        }),
        Kind::transform("number", "Cuts a line down.", &[Items::Line], frames, |_| {
            Part::transform(map(number))
        }),
        Kind::transform("sum", "Tallies numbers.", &[Items::Frame], frames, |_| {
            Part::transform(Tallying::new())
        }),
        Kind::consumer("seen", "Tells the tally.", &[Items::Frame], move |_| {
            Part::consumer(ending(add, tell.clone()))
        }),
    ];
    kinds.into_iter().fold(Registry::standard(), Registry::with)
}

fn loaded(source: &str, registry: &Registry) -> Result<Assembled, String> {
    let file = Config::load(source, registry, &|_| None).map_err(|error| error.to_string())?;
    let (blueprint, parts) = file.pipelines.into_iter().next().ok_or("there is no pipeline")?;
    assemble(blueprint, parts).map_err(|error| error.to_string())
}
