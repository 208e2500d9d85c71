//! The program of this project, as users run it: with a file of pipelines.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::{child::Work, process::Route, scratch::Scratch};
use crate::contest::{Failed, Run};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Through the memory of the program, as where a stage looks at them.
    User,
    /// From one descriptor to the other inside the kernel, as the program chooses by itself.
    Kernel,
}

/// Relays one connection.
pub(super) fn relay(scratch: &Scratch, route: Route, way: Way) -> Result<Work, Failed> {
    let Route { listen, target } = route;
    let from = format!("tcp = {{ listen = \"127.0.0.1:{listen}\" }}");
    run(scratch, way, &from, &send_to(target))
}

/// Sends a file.
pub(super) fn send(scratch: &Scratch, from: &Path, target: u16, way: Way) -> Result<Work, Failed> {
    run(scratch, way, &read(from), &send_to(target))
}

/// Copies a file.
pub(super) fn copy(scratch: &Scratch, from: &Path, to: &Path, way: Way) -> Result<Work, Failed> {
    run(scratch, way, &read(from), &format!("file = {{ write = {to:?} }}"))
}

fn read(from: &Path) -> String {
    format!("file = {{ read = {from:?} }}")
}

fn send_to(target: u16) -> String {
    format!("tcp = {{ connect = \"127.0.0.1:{target}\" }}")
}

fn run(scratch: &Scratch, way: Way, from: &str, to: &str) -> Result<Work, Failed> {
    let kernel = way == Way::Kernel;
    let text = format!(
        "[pipeline.all]\nkernel = {kernel}\n\
         [[pipeline.all.stage]]\n{from}\n\
         [[pipeline.all.stage]]\n{to}\n"
    );
    let file = scratch.text("pipelines.toml", &text)?;
    Ok(Work::program(program()?).and("run").and("--quiet").and(file))
}

/// Has the program built before anybody polls the run: a run has a limit, and a first build takes
/// longer.
pub(super) fn built(run: Run) -> Run {
    PROGRAM.get_or_init(build);
    run
}

static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();

fn program() -> Result<PathBuf, Failed> {
    Ok(PROGRAM.get_or_init(build).clone()?)
}

/// Returns the program beside this one, after cargo has brought it up to date; without cargo, as it
/// is.
fn build() -> Result<PathBuf, String> {
    let here = env::current_exe().map_err(|error| error.to_string())?;
    // This program is in target/release/deps.
    let release = here.ancestors().nth(2).ok_or("this program is in no folder")?;
    let target = release.parent().ok_or("this program is in no folder")?;
    let program = release.join("aqueduct");
    let cargo = env::var_os("CARGO");
    if cargo.is_none() && program.is_file() {
        return Ok(program);
    }
    let status = Command::new(cargo.unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--release", "--package", "aqueduct-cli", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .map_err(|error| format!("cargo does not run: {error}"))?;
    if status.success() { Ok(program) } else { Err("the program aqueduct cannot be built".into()) }
}
