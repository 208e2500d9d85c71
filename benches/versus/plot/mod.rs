//! Drawings of the results: for each workload one SVG, of the first measure.
//!
//! Each contender has a bar as long as its median, and a thin line from its minimum to its maximum.
//! There is a background in each, so that it can be read on a light page and on a dark one.

mod scale;

use std::{
    fmt::{self, Write},
    fs, io,
    path::Path,
};

use crate::{
    contest::Better,
    record::{Record, Row, groups},
};
use scale::Scale;

/// Sizes, in pixels.
const WIDTH: f64 = 920.0;
const HEAD: f64 = 72.0;
const FOOT: f64 = 28.0;
const LINE: f64 = 20.0;
const BAR: f64 = 12.0;
/// Where the bars begin and end.
const LEFT: f64 = 190.0;
const RIGHT: f64 = 790.0;

const STYLE: &str = "text{font:12px sans-serif;fill:#222}.title{font-size:16px;font-weight:bold}\
    .group,.ours{font-weight:bold}.note,.tick{fill:#666;font-size:11px}\
    .bar{fill:#9db2c6}.bar.ours{fill:#d9630b}.grid{stroke:#dde3e9}.reach{stroke:#333}";

/// Writes a drawing of each workload into this folder.
pub(crate) fn write(record: &Record, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut drawn: Vec<&str> = Vec::new();
    for row in &record.rows {
        if drawn.contains(&row.workload.as_str()) {
            continue;
        }
        drawn.push(&row.workload);
        let rows = record.rows.iter().filter(|other| {
            other.workload == row.workload && other.unit == row.unit && other.figures().is_some()
        });
        let svg = draw(&rows.collect::<Vec<_>>(), &record.machine.to_string());
        let svg = svg.map_err(io::Error::other)?;
        fs::write(folder.join(format!("{}.svg", row.workload.to_lowercase())), svg)?;
    }
    Ok(())
}

/// Draws rows of one workload and one unit.
fn draw(rows: &[&Row], machine: &str) -> Result<String, fmt::Error> {
    let groups = groups(rows);
    let lines = rows.len() + groups.len();
    let height = HEAD + LINE * lines as f64 + FOOT;
    let scale = Scale::of(rows.iter().filter_map(|row| row.figures()));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\"><style>{STYLE}</style>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    head(&mut svg, rows, machine, &scale)?;
    grid(&mut svg, &scale, height - FOOT)?;
    let mut y = HEAD;
    for group in groups {
        if let Some(first) = group.first() {
            text(&mut svg, "group", 16.0, y + 15.0, &format!("{}, {}", first.mode, first.api))?;
        }
        y += LINE;
        for row in group {
            bar(&mut svg, row, &scale, y)?;
            y += LINE;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn head(svg: &mut String, rows: &[&Row], machine: &str, scale: &Scale) -> fmt::Result {
    let Some(first) = rows.first() else { return Ok(()) };
    let better = if first.better == Better::Less { "less" } else { "more" };
    let title = format!("{}: {}, {better} is better", first.workload, first.unit);
    text(svg, "title", 16.0, 26.0, &title)?;
    text(svg, "note", 16.0, 44.0, machine)?;
    let rounds = rows.iter().map(|row| row.rounds).max().unwrap_or(0);
    let note = format!(
        "median, minimum to maximum; rounds: {rounds}{}",
        if scale.is_log() { "; logarithmic scale" } else { "" }
    );
    text(svg, "note", 16.0, 60.0, &note)
}

fn grid(svg: &mut String, scale: &Scale, bottom: f64) -> fmt::Result {
    for tick in scale.ticks() {
        let x = x(scale, tick);
        writeln!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{HEAD}\" y2=\"{bottom}\"/>"
        )?;
        text(svg, "tick", x, bottom + 16.0, &round(tick))?;
    }
    Ok(())
}

fn bar(svg: &mut String, row: &Row, scale: &Scale, y: f64) -> fmt::Result {
    let Some((median, min, max)) = row.figures() else { return Ok(()) };
    let ours = if row.is_ours() { " ours" } else { "" };
    let (width, from, to) = (x(scale, median) - LEFT, x(scale, min), x(scale, max));
    let (top, middle) = (y + (LINE - BAR) / 2.0, y + LINE / 2.0);
    text(svg, ours.trim(), 32.0, y + 14.0, &row.contender)?;
    writeln!(
        svg,
        "<rect class=\"bar{ours}\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width:.1}\" \
         height=\"{BAR}\"/><line class=\"reach\" x1=\"{from:.1}\" x2=\"{to:.1}\" \
         y1=\"{middle:.1}\" y2=\"{middle:.1}\"/>"
    )?;
    let void = if row.void.is_some() { " (void)" } else { "" };
    text(svg, ours.trim(), to.max(LEFT + width) + 8.0, y + 14.0, &(figure(median) + void))
}

/// Where a figure lies from left to right.
fn x(scale: &Scale, figure: f64) -> f64 {
    LEFT + scale.place(figure) * (RIGHT - LEFT)
}

/// Three digits, or as many as there are before the point.
pub(crate) fn figure(figure: f64) -> String {
    let (figure, unit) = match figure {
        big if big >= 1e9 => (big / 1e9, " G"),
        big if big >= 1e6 => (big / 1e6, " M"),
        big if big >= 1e4 => (big / 1e3, " k"),
        small => (small, ""),
    };
    match figure {
        0.0 => "0".into(),
        big if big >= 100.0 => format!("{big:.0}{unit}"),
        big if big >= 10.0 => format!("{big:.1}{unit}"),
        small => format!("{small:.2}{unit}"),
    }
}

/// A round figure, without digits that tell nothing.
fn round(tick: f64) -> String {
    let (digits, unit) = match figure(tick).split_once(' ') {
        Some((digits, unit)) => (digits.to_owned(), format!(" {unit}")),
        None => (figure(tick), String::new()),
    };
    let digits = if digits.contains('.') { digits.trim_end_matches('0') } else { &digits };
    digits.trim_end_matches('.').to_owned() + &unit
}

fn text(svg: &mut String, class: &str, x: f64, y: f64, text: &str) -> fmt::Result {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(svg, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>")
}
