//! The results as a table.

use crate::{
    machine::Machine,
    record::{Ratio, Record, Row},
};

/// Says where it runs.
pub(crate) fn head(machine: &Machine) {
    println!("{machine}, load {}, seed {}", machine.load, machine.seed);
}

/// Prints the figures, then the ratios.
pub(crate) fn table(record: &Record) {
    println!(
        "\n{:<8}{:<10}{:<10}{:<20}{:<13}{:>10}  min .. max",
        "", "mode", "api", "contender", "unit", "median"
    );
    for row in &record.rows {
        let Row { workload, mode, api, contender, unit, .. } = row;
        println!("{workload:<10}{mode:<10}{api:<10}{contender:<20}{unit:<13}{}", told(row));
    }
    println!(
        "\nAqueduct against (above 1: Aqueduct is better; median of the ratios of each round)"
    );
    for ratio in &record.ratios {
        let Ratio { workload, mode, api, against, median, min, max } = ratio;
        println!(
            "{workload:<10}{mode:<10}{api:<10}{against:<33}{median:>10.2}  {min:.2} .. {max:.2}"
        );
    }
}

/// The figures, or why there are none.
fn told(row: &Row) -> String {
    let Some((median, min, max)) = row.figures() else {
        return row.skipped.clone().unwrap_or_else(|| "not verified".into());
    };
    let figures = format!("{median:>10.2}  {min:.2} .. {max:.2}");
    match &row.void {
        Some(why) => format!("{figures}  (no ratio: {why})"),
        None => figures,
    }
}
