//! The commands that look at files and stages and start nothing: `check`, `graph`, `stages`,
//! `completions` and `man`.

use std::{
    fs,
    io::{self, Write},
};

use aqueduct::pipeline::picture;
use aqueduct_config::{Config, Registry};
use clap::CommandFactory;

use crate::{
    args::{Args, Check, Format, Graph, Stages},
    conduct::written,
    failure::Failure,
    source::Source,
};

/// Tells the mistakes of all files, also if one of them cannot be read.
pub(crate) fn check(check: &Check) -> Result<(), Failure> {
    let registry = Registry::standard();
    let mut failures = Vec::new();
    let mut found = Vec::new();
    for file in &check.files {
        let source = match Source::read(file) {
            Ok(source) => source,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        let Err(mistakes) = Config::check(&source.text, &registry) else { continue };
        found.push(serde_json::json!({ "file": source.name, "mistakes": mistakes.to_json() }));
        let told_as_json = || Failure::Mistaken(String::new());
        failures.push(if check.json { told_as_json() } else { source.mistaken(&mistakes) });
    }
    if check.json {
        written(writeln!(io::stdout(), "{}", serde_json::Value::Array(found)))?;
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure::Several(failures)) }
}

/// Draws the pipelines of a file.
pub(crate) fn graph(graph: &Graph) -> Result<(), Failure> {
    let source = Source::read(&graph.file)?;
    let checked = Config::check(&source.text, &Registry::standard());
    let checked = checked.map_err(|mistakes| source.mistaken(&mistakes))?;
    let blueprints: Vec<_> = checked.pipelines.iter().collect();
    let picture = match graph.format {
        Format::Mermaid => picture::mermaid(&blueprints),
        Format::Dot => picture::dot(&blueprints),
        Format::Svg => picture::svg(&blueprints),
    };
    match &graph.output {
        None => written(io::stdout().write_all(picture.as_bytes())),
        Some(path) => fs::write(path, picture).map_err(|error| {
            Failure::Failed(format!(
                "cannot write {}: {error}; check the path, and that its directory is there",
                path.display()
            ))
        }),
    }
}

/// Tells the stages, or the schema of a file.
pub(crate) fn stages(stages: &Stages) -> Result<(), Failure> {
    let registry = Registry::standard();
    let text = if stages.schema {
        serde_json::to_string_pretty(&registry.schema()).map_err(io::Error::from)? + "\n"
    } else {
        registry
            .reference(stages.stage.as_deref())
            .map_err(|error| Failure::Usage(error.to_string()))?
    };
    written(io::stdout().write_all(text.as_bytes()))
}

/// Writes the completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "aqueduct", &mut script);
    written(io::stdout().write_all(&script))
}

/// Writes the manual page: that of the program, with a section for each command.
pub(crate) fn man() -> Result<(), Failure> {
    let mut command = Args::command();
    command.build();
    let whole = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        section(sub, &mut page)?;
    }
    whole.render_extra_section(&mut page)?;
    written(io::stdout().write_all(&page))
}

/// A command as one section of the page, with headings of its own below it.
fn section(command: &clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_after_help().is_some() {
        man.render_extra_section(&mut text)?;
    }
    writeln!(page, ".SH \"AQUEDUCT {}\"", command.get_name().to_uppercase())?;
    page.write_all(String::from_utf8_lossy(&text).replace(".SH ", ".SS ").as_bytes())
}
