//! What the figures were taken on.

use std::{fmt, fs, process::Command};

use serde::{Deserialize, Serialize};

/// A machine, as far as it tells.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    /// The compiler that is on the path now; the bench was built just before, as a rule.
    pub(crate) rustc: String,
    /// The load when the run began: what else the machine did.
    pub(crate) load: String,
    /// The seed of the order.
    pub(crate) seed: u64,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, kernel, rustc, .. } = self;
        write!(f, "{cpu}, {cores} cores, Linux {kernel}, {rustc}")
    }
}

/// Describes this one, and the seed of a run on it.
pub(crate) fn describe(seed: u64) -> Machine {
    let unknown = || "unknown".to_owned();
    let read = |path| fs::read_to_string(path).ok();
    let cpu = read("/proc/cpuinfo").and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let kernel = read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned());
    let load = read("/proc/loadavg").map(|text| {
        let first_three: Vec<_> = text.split_whitespace().take(3).collect();
        first_three.join(" ")
    });
    let rustc = Command::new("rustc").arg("-V").output().ok();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    Machine {
        cpu: cpu.unwrap_or_else(unknown),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        kernel: kernel.unwrap_or_else(unknown),
        rustc: rustc.unwrap_or_else(unknown),
        load: load.unwrap_or_else(unknown),
        seed,
    }
}
