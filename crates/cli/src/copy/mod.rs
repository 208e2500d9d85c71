//! `aqueduct copy SOURCE TARGET`: a pipeline of two ends, and a check between them if one is asked for.

pub(crate) mod address;
pub(crate) mod sizes;

use aqueduct::{
    operators::{Expected, Mismatch, verify},
    pipeline::{
        Assembled, Blueprint, BlueprintError, PipelineError,
        blueprint::{Edge, Role, Stage},
        erased::{Part, assemble},
    },
    prelude::{File, Tcp},
};
use aqueduct_config::parts;

use crate::{
    args::Copy,
    conduct::{self, Plan, Stop},
    failure::Failure,
};
use address::Address;

/// Runs the copy to its end, and reports.
pub(crate) fn run(copy: &Copy) -> Result<(), Failure> {
    let pipeline = pipeline(copy).map_err(|error| Failure::Failed(error.to_string()))?;
    conduct::run(Plan {
        pipelines: vec![pipeline],
        // A copy that is not whole is none, so that an interruption does not drain it.
        stop: Stop::AtOnce,
        told: copy.told,
        data_on_stdout: copy.target == Address::Standard,
        explain: &|error| explain(error, &copy.target),
    })
}

/// What went wrong, without the stages that nobody asked for, and what became of a file.
fn explain(error: &PipelineError, target: &Address) -> String {
    let moved = error.report.as_ref().is_some_and(|report| !report.is_empty());
    let came = moved || error.source.error().is::<Mismatch>();
    match target {
        Address::File(path) if came => {
            format!("{}; nothing was kept, and {} is as it was", error.source, path.display())
        }
        _ => error.source.to_string(),
    }
}

fn pipeline(copy: &Copy) -> Result<Assembled, BlueprintError> {
    let [from, to, check] = names(copy);
    let stage =
        |name: &String, role| Stage { name: name.clone(), kind: name.clone(), role, arbiter: None };
    let edge = |from: &String, to: &String, link| Edge { from: from.clone(), to: to.clone(), link };
    let marks = Some(copy.watermarks.0);
    let mut stages = vec![stage(&from, Role::Producer), stage(&to, Role::Consumer)];
    let mut parts = vec![producer(&copy.source), consumer(&copy.target)];
    let mut edges = vec![edge(&from, &to, marks)];
    let expected = Expected { bytes: copy.expect_bytes, sha256: copy.sha256 };
    // Who expects nothing needs no bytes looked at, so that the kernel can move them.
    if expected != Expected::default() {
        stages.insert(1, stage(&check, Role::Transform));
        parts.insert(1, Part::transform(verify(expected)));
        edges = vec![edge(&from, &check, None), edge(&check, &to, marks)];
    }
    if copy.user_space {
        parts = parts.into_iter().map(Part::in_user_space).collect();
    }
    assemble(Blueprint { name: "copy".into(), stages, edges, restart: None }, parts)
}

/// The names of source, target and check: what was typed, with a prime where that is taken.
fn names(copy: &Copy) -> [String; 3] {
    let place = |address: &Address, standard: &str| match address {
        Address::Standard => standard.to_owned(),
        address => address.to_string(),
    };
    let mut names = [place(&copy.source, "stdin"), place(&copy.target, "stdout"), "verify".into()];
    for at in 1..names.len() {
        while names[..at].contains(&names[at]) {
            names[at].push('′');
        }
    }
    names
}

fn producer(address: &Address) -> Part {
    match address.clone() {
        Address::File(path) => parts::read_file(File::open(path)),
        Address::Standard => parts::stdin(),
        Address::Connect(peer) => parts::receive(Tcp::connect(peer)),
        Address::Listen(local) => parts::receive_from_peer(Tcp::accept(local)),
    }
}

fn consumer(address: &Address) -> Part {
    match address.clone() {
        Address::File(path) => parts::write_file(File::create(path)),
        Address::Standard => parts::stdout(),
        Address::Connect(peer) => parts::send(Tcp::connect(peer)),
        Address::Listen(local) => parts::send_to_peer(Tcp::accept(local)),
    }
}
