//! What is wrong with a blueprint is found before anything starts, all at once, and told in words.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use aqueduct_operators::map;
use aqueduct_pipeline::{
    Blueprint,
    blueprint::{Edge, Mistake, Role, Stage},
    erased::Part,
};
use bytes::Bytes;
use common::{collector, draft::Draft, texts};

use Role::{Consumer, Producer, Transform};

/// Each stage with its role, and each edge as `from>to`.
fn blueprint(stages: &[(&str, Role)], edges: &[&str]) -> Blueprint {
    let stage = |(name, role): &(&str, Role)| Stage {
        name: (*name).into(),
        kind: "kind".into(),
        role: *role,
        arbiter: None,
    };
    let edge = |way: &&str| {
        let (from, to) = way.split_once('>').expect("a way");
        Edge { from: from.into(), to: to.into(), link: None }
    };
    Blueprint {
        name: "p".into(),
        stages: stages.iter().map(stage).collect(),
        edges: edges.iter().map(edge).collect(),
        restart: None,
    }
}

fn check(stages: &[(&str, Role)], edges: &[&str], expected: &[(Mistake, &str)]) {
    let blueprint = blueprint(stages, edges);
    let found = blueprint.mistakes();
    let told: Vec<_> = found.iter().map(|mistake| mistake.tell(&blueprint)).collect();
    let (mistakes, words): (Vec<_>, Vec<_>) = expected.iter().cloned().unzip();
    assert_eq!(found, mistakes, "{told:#?}");
    assert_eq!(told, words);
}

const IN_OUT: [(&str, Role); 2] = [("in", Producer), ("out", Consumer)];

#[test]
fn a_chain_from_a_producer_to_a_consumer_is_whole() {
    check(&IN_OUT, &["in>out"], &[]);
    let with_transform = [("in", Producer), ("mid", Transform), ("out", Consumer)];
    check(&with_transform, &["mid>out", "in>mid"], &[]);
}

#[test]
fn a_pipeline_without_stages_is_told_what_it_needs() {
    let told = "it has no stages: give it a producer and a consumer";
    check(&[], &[], &[(Mistake::Empty, told)]);
}

#[test]
fn a_stage_without_a_name_is_told_by_its_number() {
    let stages = [("in", Producer), ("out", Consumer), ("", Transform)];
    let told = "stage 3 has no name: give it one";
    check(&stages, &["in>out"], &[(Mistake::Unnamed { stage: 2 }, told)]);
}

#[test]
fn a_name_that_two_stages_have_is_told_once() {
    let stages = [("in", Producer), ("out", Consumer), ("out", Consumer)];
    let told = "two stages are named out: give one another name";
    check(&stages, &["in>out"], &[(Mistake::NameTaken { stage: 2, first: 1 }, told)]);
}

#[test]
fn an_edge_from_or_to_a_stage_that_is_not_there_is_told() {
    let to = "in leads to away, and there is no such stage";
    let nothing_comes = "nothing comes to out: put a stage that gives before it";
    check(
        &IN_OUT,
        &["in>away"],
        &[
            (Mistake::ToNowhere { edge: 0 }, to),
            (Mistake::NothingComes { stage: 1 }, nothing_comes),
        ],
    );
    let from = "out is led to from away, and there is no such stage";
    let nobody_takes = "nobody takes what in gives: put a consumer behind it";
    check(
        &IN_OUT,
        &["away>out"],
        &[
            (Mistake::FromNowhere { edge: 0 }, from),
            (Mistake::NobodyTakes { stage: 0 }, nobody_takes),
        ],
    );
}

#[test]
fn a_consumer_has_one_producer_and_a_producer_one_consumer() {
    let producers = "out has two producers, in and second: a consumer has one";
    check(
        &[("in", Producer), ("second", Producer), ("out", Consumer)],
        &["in>out", "second>out"],
        &[(Mistake::TwoProducers { edge: 1, first: 0 }, producers)],
    );
    let consumers = "in has two consumers, out and second: a producer has one";
    check(
        &[("in", Producer), ("out", Consumer), ("second", Consumer)],
        &["in>out", "in>second"],
        &[(Mistake::TwoConsumers { edge: 1, first: 0 }, consumers)],
    );
}

#[test]
fn a_stage_that_nothing_comes_to_or_nobody_takes_from_is_told() {
    let nothing_comes = "nothing comes to mid: put a stage that gives before it";
    let nobody_takes = "nobody takes what mid gives: put a consumer behind it";
    check(
        &[("in", Producer), ("out", Consumer), ("mid", Transform)],
        &["in>out"],
        &[
            (Mistake::NothingComes { stage: 2 }, nothing_comes),
            (Mistake::NobodyTakes { stage: 2 }, nobody_takes),
        ],
    );
}

#[test]
fn a_second_chain_is_a_pipeline_of_its_own() {
    let told = "second begins a second chain of stages: make it a pipeline of its own";
    check(
        &[("in", Producer), ("out", Consumer), ("second", Producer), ("end", Consumer)],
        &["in>out", "second>end"],
        &[(Mistake::TwoChains { stage: 2 }, told)],
    );
}

#[test]
fn a_circle_is_told_stage_by_stage() {
    let stages =
        [("in", Producer), ("a", Transform), ("b", Transform), ("c", Transform), ("out", Consumer)];
    let told = "a → b → c → a is a circle, to which nothing would ever come";
    let circle = Mistake::Cycle { stages: vec![1, 2, 3] };
    check(&stages, &["in>out", "a>b", "b>c", "c>a"], &[(circle, told)]);
    let told = "a → a is a circle, to which nothing would ever come";
    let own = [("in", Producer), ("a", Transform), ("out", Consumer)];
    check(&own, &["in>out", "a>a"], &[(Mistake::Cycle { stages: vec![1] }, told)]);
}

fn whole() -> Draft {
    let (items, _) = collector::<Bytes>();
    Draft::named("p")
        .producer("in", "numbers", Part::producer(texts(1)))
        .transform("mid", "map", Part::transform(map(|item: Bytes| item)))
        .consumer("out", "collector", Part::consumer(items))
}

#[test]
fn each_stage_needs_the_part_that_does_its_work() {
    let mistaken = |draft: Draft| draft.assemble().expect_err("a part does not fit").to_string();
    let mut missing = whole();
    missing.parts.pop();
    assert_eq!(mistaken(missing), "pipeline p: there is no part that does the work of out");
    let mut swapped = whole();
    swapped.parts.swap(0, 1);
    assert_eq!(
        mistaken(swapped),
        "pipeline p: there is no part that does the work of in; \
         there is no part that does the work of mid"
    );
    assert!(whole().assemble().is_ok());
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut broken = whole();
    broken.blueprint.edges.pop();
    broken.parts.pop();
    let error = broken.assemble().expect_err("it is broken");
    assert_eq!(error.mistakes().len(), 3, "{error}");
    assert!(error.to_string().matches("; ").count() == 2, "{error}");
}

#[test]
fn a_blueprint_comes_back_from_json_as_it_was() {
    let pipeline = whole().on("cpu").assemble().expect("it is whole");
    let text = serde_json::to_string(pipeline.blueprint()).expect("it is data");
    let back: Blueprint = serde_json::from_str(&text).expect("it is the same data");
    assert_eq!(back, *pipeline.blueprint());
}
