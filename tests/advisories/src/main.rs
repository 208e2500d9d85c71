//! Holds a lock file against a folder of advisories: what is vulnerable fails, the rest is told.
//!
//! `check` beside it unpacks the folder, and plants a lock file that must be found vulnerable.

use std::{env, error::Error, fmt, path::Path, process::ExitCode};

use rustsec::{
    Database, Lockfile, Report,
    advisory::{Informational, Metadata},
    package::Package,
    report::Settings,
};

/// An unmaintained crate is no mistake in the code, and an unsound one need not be used unsoundly:
/// they are told and do not fail.
const TOLD: [Informational; 2] = [Informational::Unmaintained, Informational::Unsound];

const USAGE: &str = "usage: aqueduct-advisories FOLDER LOCK, with a folder that has crates/ in it";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [folder, lock] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match checked(Path::new(folder), Path::new(lock)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Tells what is known of the packages of a lock file, and answers how many are vulnerable.
fn checked(folder: &Path, lock: &Path) -> Result<usize, Box<dyn Error>> {
    let advisories = Database::open(folder)?;
    let locked = Lockfile::load(lock)?;
    let foreign = locked.packages.iter().filter(|package| is_from_registry(package)).count();
    println!("{} advisories, {foreign} packages from the registry", advisories.iter().count());

    let settings = Settings { informational_warnings: TOLD.to_vec(), ..Settings::default() };
    let report = Report::generate(&advisories, &locked, &settings);
    for found in &report.vulnerabilities.list {
        tell("vulnerable", &found.package, &found.advisory);
        println!("  mended in: {}", listed(found.versions.patched()));
    }
    for warning in report.warnings.values().flatten() {
        if let Some(advisory) = &warning.advisory {
            tell(warning.kind.as_str(), &warning.package, advisory);
        }
    }
    let told: usize = report.warnings.values().map(Vec::len).sum();
    println!("{} vulnerable, {told} unmaintained or unsound", report.vulnerabilities.count);
    Ok(report.vulnerabilities.count)
}

/// Only such packages can have an advisory; our own have none.
fn is_from_registry(package: &Package) -> bool {
    package.source.as_ref().is_some_and(|source| source.is_default_registry())
}

fn tell(what: &str, package: &Package, advisory: &Metadata) {
    let Metadata { id, title, .. } = advisory;
    println!("{what}: {} {}: {id}: {title}", package.name, package.version);
}

fn listed(versions: &[impl fmt::Display]) -> String {
    if versions.is_empty() {
        return "no version".to_owned();
    }
    let words: Vec<_> = versions.iter().map(ToString::to_string).collect();
    words.join(" or ")
}
