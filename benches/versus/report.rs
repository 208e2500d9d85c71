//! The results as a table and as JSON.

use serde_json::{Value, json};

use crate::{
    args::Args,
    machine::Machine,
    stats::{Ratio, Row, Spread},
};

/// Says what runs where.
pub(crate) fn head(machine: &Machine, args: &Args) {
    let Machine { cpu, cores, kernel, rustc, load } = machine;
    println!("{cpu}, {cores} cores, Linux {kernel}, {rustc}, load {load}");
    println!("{} rounds after one to warm up, seed {}", args.rounds, args.seed);
}

/// Prints the figures, then the ratios.
pub(crate) fn table(rows: &[Row], ratios: &[Ratio]) {
    println!(
        "\n{:<8}{:<9}{:<9}{:<20}{:<11}{:>10}  min .. max",
        "", "mode", "api", "contender", "unit", "median"
    );
    for row in rows {
        let (workload, mode, api) = keys(&row.entry);
        let name = row.entry.contender.name;
        let unit = row.measure.unit;
        print!("{workload:<8}{mode:<9}{api:<9}{name:<20}{unit:<11}");
        match row.spread {
            Some(Spread { median, min, max, .. }) if row.verified => {
                println!("{median:>10.2}  {min:.2} .. {max:.2}");
            }
            _ => println!("{}", row.skipped.as_deref().unwrap_or("not verified")),
        }
    }
    println!(
        "\nAqueduct against (above 1: Aqueduct is better; median of the ratios of each round)"
    );
    for Ratio { ours, against, spread: Spread { median, min, max, .. } } in ratios {
        let (workload, mode, api) = keys(ours);
        let name = against.contender.name;
        println!("{workload:<8}{mode:<9}{api:<9}{name:<31}{median:>10.2}  {min:.2} .. {max:.2}");
    }
}

/// The same for a program.
pub(crate) fn json(
    machine: &Machine,
    args: &Args,
    rows: &[Row],
    ratios: &[Ratio],
) -> Result<String, serde_json::Error> {
    let rows: Vec<_> = rows.iter().map(row).collect();
    let ratios: Vec<_> = ratios.iter().map(ratio).collect();
    let whole = json!({
        "machine": {
            "cpu": machine.cpu,
            "cores": machine.cores,
            "kernel": machine.kernel,
            "rustc": machine.rustc,
            "load": machine.load,
            "seed": args.seed,
        },
        "rows": rows,
        "ratios": ratios,
    });
    serde_json::to_string_pretty(&whole)
}

fn row(row: &Row) -> Value {
    let (workload, mode, api) = keys(&row.entry);
    json!({
        "workload": workload,
        "mode": mode,
        "api": api,
        "contender": row.entry.contender.name,
        "unit": row.measure.unit,
        "median": row.spread.map(|spread| spread.median),
        "min": row.spread.map(|spread| spread.min),
        "max": row.spread.map(|spread| spread.max),
        "rounds": row.spread.map_or(0, |spread| spread.rounds),
        "verified": row.verified,
        "skipped": row.skipped,
    })
}

fn ratio(ratio: &Ratio) -> Value {
    let (workload, mode, api) = keys(&ratio.ours);
    json!({
        "workload": workload,
        "mode": mode,
        "api": api,
        "against": ratio.against.contender.name,
        "median": ratio.spread.median,
        "min": ratio.spread.min,
        "max": ratio.spread.max,
    })
}

fn keys(entry: &crate::contest::Entry) -> (&'static str, &'static str, &'static str) {
    (entry.workload.name, entry.mode.name(), entry.contender.api)
}
