//! The results as tables for a page.

use std::fmt::{self, Write};

use crate::{
    contest::Better,
    plot::figure,
    record::{Ratio, Record, Row, groups},
};

/// Returns a table for each workload and measure: ours first, and beside each peer how many times
/// better ours is.
pub(crate) fn tables(record: &Record) -> Result<String, fmt::Error> {
    let mut page = format!("{}.\n", record.machine);
    let mut told: Vec<(&str, &str)> = Vec::new();
    for row in &record.rows {
        let table = (row.workload.as_str(), row.unit.as_str());
        if told.contains(&table) {
            continue;
        }
        told.push(table);
        let rows: Vec<_> = record.rows.iter().filter(|other| is_in(other, table)).collect();
        // Only the first measure of a workload is compared.
        let is_first = told.iter().filter(|(workload, _)| *workload == table.0).count() == 1;
        let ratios = if is_first { record.ratios.as_slice() } else { &[] };
        write_table(&mut page, &groups(&rows).concat(), ratios)?;
    }
    Ok(page)
}

fn is_in(row: &Row, (workload, unit): (&str, &str)) -> bool {
    row.workload == workload && row.unit == unit
}

fn write_table(page: &mut String, rows: &[&Row], ratios: &[Ratio]) -> fmt::Result {
    let Some(first) = rows.first() else { return Ok(()) };
    let better = if first.better == Better::Less { "less" } else { "more" };
    writeln!(page, "\n### {}: {}, {better} is better\n", first.workload, first.unit)?;
    writeln!(page, "| mode | api | contender | median (min..max) | Aqueduct is better by |")?;
    writeln!(page, "|---|---|---|--:|--:|")?;
    for row in rows {
        let name = if row.is_ours() { "**aqueduct**" } else { &row.contender };
        let (figures, ratio) = (figures(row), against(row, ratios));
        writeln!(page, "| {} | {} | {name} | {figures} | {ratio} |", row.mode, row.api)?;
    }
    Ok(())
}

fn figures(row: &Row) -> String {
    match row.figures() {
        Some((median, min, max)) => {
            format!("{} ({}..{})", figure(median), figure(min), figure(max))
        }
        None => row.skipped.clone().unwrap_or_else(|| "not verified".into()),
    }
}

/// The ratios to this row; where it is compared with several ways of ours, with their names.
fn against(row: &Row, ratios: &[Ratio]) -> String {
    if let Some(why) = &row.void {
        return format!("void: {why}");
    }
    let ratios: Vec<_> = ratios.iter().filter(|ratio| ratio.is_against(row)).collect();
    let word = |ratio: &&Ratio| {
        let Ratio { api, median, min, max, .. } = ratio;
        let figures = format!("{} ({}..{})", figure(*median), figure(*min), figure(*max));
        if *api == row.api { figures } else { format!("{api} {figures}") }
    };
    ratios.iter().map(word).collect::<Vec<_>>().join(", ")
}
