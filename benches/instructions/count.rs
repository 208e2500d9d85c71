//! One path under callgrind.

use std::process::Command;

use crate::paths::Path;

/// The instructions that one item of this path costs.
pub(crate) fn an_item(path: &Path) -> Result<f64, String> {
    let (few, many) = (path.items, path.items * 2);
    let cost = whole(path.name, many)?.saturating_sub(whole(path.name, few)?);
    Ok(cost as f64 / (many - few) as f64)
}

/// The instructions of a whole process.
fn whole(name: &str, items: u64) -> Result<u64, String> {
    let exe = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(exe)
        .args(["--run", &items.to_string(), name])
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                "valgrind is not installed; try `apt-get install valgrind`".into()
            }
            _ => format!("valgrind: {error}"),
        })?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name} failed under valgrind:\n{told}"));
    }
    let count = told.lines().find_map(|line| line.split_once("Collected :"));
    count
        .and_then(|(_, count)| count.trim().parse().ok())
        .ok_or_else(|| format!("valgrind told no count:\n{told}"))
}
