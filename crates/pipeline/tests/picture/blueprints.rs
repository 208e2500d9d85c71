//! What is drawn.

use aqueduct_pipeline::{
    Blueprint,
    blueprint::{Edge, Marks, Role, Stage, Unit},
};

pub(crate) fn stage(name: &str, kind: &str, role: Role) -> Stage {
    Stage { name: name.into(), kind: kind.into(), role, arbiter: None }
}

pub(crate) fn on(arbiter: &str, stage: Stage) -> Stage {
    Stage { arbiter: Some(arbiter.into()), ..stage }
}

fn fused(from: &str, to: &str) -> Edge {
    Edge { from: from.into(), to: to.into(), link: None }
}

fn linked(from: &str, to: &str, [low, high, capacity]: [u64; 3]) -> Edge {
    let link = Some(Marks { unit: Unit::Bytes, low, high, capacity });
    Edge { link, ..fused(from, to) }
}

pub(crate) fn pipeline(name: &str, stages: Vec<Stage>, edges: Vec<Edge>) -> Blueprint {
    Blueprint { name: name.into(), stages, edges, restart: None }
}

pub(crate) fn send() -> Blueprint {
    let stages = vec![
        stage("SPEC.md", "file", Role::Producer),
        stage("lines", "lines", Role::Transform),
        stage("must", "filter", Role::Transform),
        stage("client", "tcp", Role::Consumer),
    ];
    let edges = vec![
        fused("SPEC.md", "lines"),
        fused("lines", "must"),
        linked("must", "client", [256, 512, 1024]),
    ];
    pipeline("quickstart-send", stages, edges)
}

pub(crate) fn receive() -> Blueprint {
    let stages = vec![
        stage("server", "tcp", Role::Producer),
        on("disk", stage("found.txt", "file", Role::Consumer)),
    ];
    let edges = vec![linked("server", "found.txt", [65_536, 262_144, 524_288])];
    pipeline("quickstart-receive", stages, edges)
}

/// So many actors in a chain, each with a link behind it.
pub(crate) fn chain(actors: usize) -> Blueprint {
    let name = |at: usize| format!("stage-{at}");
    let stages = (0..actors).map(|at| stage(&name(at), "work", Role::Stage)).collect();
    let marks = [65_536, 262_144, 524_288];
    let edges = (1..actors).map(|at| linked(&name(at - 1), &name(at), marks)).collect();
    pipeline("chain", stages, edges)
}

/// One stage, called this wherever it has a name.
pub(crate) fn named(name: &str) -> Blueprint {
    pipeline(name, vec![on(name, stage(name, "kind", Role::Producer))], Vec::new())
}

fn names(names: &[&str]) -> Vec<Stage> {
    names.iter().map(|name| stage(name, name, Role::Transform)).collect()
}

pub(crate) fn broken() -> Vec<Blueprint> {
    let few = [1, 2, 3];
    vec![
        pipeline("", Vec::new(), Vec::new()),
        pipeline("edges alone", Vec::new(), vec![fused("a", "b"), linked("b", "a", few)]),
        pipeline("nowhere", names(&["a"]), vec![fused("a", "b"), linked("c", "a", few)]),
        pipeline("twice", names(&["a", "b", "b"]), vec![fused("a", "b")]),
        pipeline("twice apart", names(&["a", "a", "b"]), vec![fused("a", "b")]),
        pipeline("no names", names(&["", ""]), vec![fused("", "")]),
        pipeline("self", names(&["a", "b"]), vec![fused("a", "a"), linked("b", "b", few)]),
        pipeline("circle", names(&["a", "b"]), vec![fused("a", "b"), fused("b", "a")]),
        pipeline(
            "circle of links",
            names(&["a", "b", "c"]),
            vec![linked("a", "b", few), linked("b", "c", few), linked("c", "a", few)],
        ),
        pipeline(
            "into a circle",
            names(&["a", "b", "c"]),
            vec![fused("a", "b"), fused("b", "c"), fused("c", "b")],
        ),
        pipeline(
            "two ways",
            names(&["a", "b", "c"]),
            vec![fused("a", "b"), fused("a", "c"), linked("a", "c", few), linked("b", "c", few)],
        ),
    ]
}
