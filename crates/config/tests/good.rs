//! Files without mistakes become the blueprints that they describe.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{fs, path::Path};

use aqueduct_config::{Config, Registry};
use aqueduct_pipeline::{
    Blueprint,
    blueprint::{Marks, Restart, Role, Strategy, Unit},
    erased::assemble,
};

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good").join(name);
    fs::read_to_string(path).unwrap()
}

fn read(name: &str) -> Vec<Blueprint> {
    check(&source(name))
}

/// The file has no mistakes.
fn check(source: &str) -> Vec<Blueprint> {
    let checked = Config::check(source, &Registry::standard());
    checked.unwrap_or_else(|mistakes| panic!("{mistakes}")).pipelines
}

/// The pipeline in one line: `name kind@arbiter`, with what lies between.
fn told(blueprint: &Blueprint) -> String {
    let stage = |stage: &aqueduct_pipeline::blueprint::Stage| {
        let link = match blueprint.edge_to(&stage.name).map(|edge| edge.link) {
            None => String::new(),
            Some(None) => " + ".into(),
            Some(Some(marks)) => format!(" [{marks}] "),
        };
        let arbiter = stage.arbiter.as_ref().map(|arbiter| format!("@{arbiter}"));
        format!("{link}{}:{}{}", stage.name, stage.kind, arbiter.unwrap_or_default())
    };
    blueprint.stages.iter().map(stage).collect()
}

fn transient(at_most: u32, healthy_after_ms: u64) -> Restart {
    Restart { permanent: false, strategy: Strategy::OneForOne, at_most, healthy_after_ms }
}

#[test]
fn a_file_that_says_everything_is_read_as_it_is_written() {
    let [errors] = &*read("full.toml") else { panic!("one pipeline") };
    assert_eq!(errors.name, "errors");
    assert_eq!(errors.restart, Some(transient(3, 60_000)));
    assert_eq!(
        told(errors),
        "log:file + lines:lines [16 KiB … 64 KiB, at most 128 KiB] filter:filter@cpu \
         [64 KiB … 256 KiB, at most 512 KiB] rate-limit:rate-limit@cpu \
         [64 KiB … 256 KiB, at most 512 KiB] filter-2:filter@cpu \
         [64 … 128 items, at most 256] out:tcp@cpu"
    );
    let roles: Vec<_> = errors.stages.iter().map(|stage| stage.role).collect();
    use Role::{Consumer, Producer, Stage, Transform};
    assert_eq!(roles, [Producer, Transform, Transform, Stage, Transform, Consumer]);
}

#[test]
fn stages_may_stand_in_any_order_where_they_say_where_they_lead() {
    let [pipeline] = &*read("out_of_order.toml") else { panic!("one pipeline") };
    let edges: Vec<_> = pipeline.edges.iter().map(|e| (&*e.from, &*e.to)).collect();
    assert_eq!(edges, [("in", "pack"), ("pack", "out")]);
    assert_eq!(pipeline.stages[0].role, Role::Consumer);
}

#[test]
fn several_pipelines_stand_in_one_file_in_its_order() {
    let pipelines = read("two_pipelines.toml");
    let told: Vec<_> = pipelines.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "file:file + lines:lines + filter:filter [256 B … 512 B, at most 1 KiB] client:tcp",
            "server:tcp [64 KiB … 256 KiB, at most 512 KiB] file:file@disk",
        ]
    );
    assert_eq!([&*pipelines[0].name, &*pipelines[1].name], ["send", "receive"]);
}

#[test]
fn what_is_loaded_is_what_was_checked_and_can_be_assembled() {
    let names = ["full.toml", "out_of_order.toml", "two_pipelines.toml"];
    for name in names {
        let env = |name: &str| (name == "COLLECTOR").then(|| "127.0.0.1:9000".to_owned());
        let loaded = Config::load(&source(name), &Registry::standard(), &env).unwrap();
        let blueprints: Vec<_> = loaded.pipelines.iter().map(|(plan, _)| plan.clone()).collect();
        assert_eq!(blueprints, read(name));
        for (blueprint, parts) in loaded.pipelines {
            assert_eq!(blueprint.stages.len(), parts.len());
            assert!(blueprint.mistakes().is_empty());
            drop(assemble(blueprint, parts).unwrap());
        }
    }
}

/// The marks before the last of two stages.
fn marks(watermarks: &str, boundary: &str) -> Marks {
    let source = format!(
        "[pipeline.p]\n{watermarks}\nstage = [{{ stdin = {{}} }}, {{ stdout = {{}}, {boundary} }}]"
    );
    check(&source)[0].edges[0].link.unwrap()
}

#[test]
fn marks_that_are_not_given_follow_from_those_that_are() {
    let bytes = |low, high, capacity| Marks { unit: Unit::Bytes, low, high, capacity };
    let items = |low, high, capacity| Marks { unit: Unit::Items, low, high, capacity };
    for (watermarks, boundary, expected) in [
        ("", "", bytes(65536, 262_144, 524_288)),
        ("watermarks = { high = '4 B' }", "", bytes(1, 4, 8)),
        ("watermarks = { low = '4 B' }", "", bytes(4, 16, 32)),
        ("watermarks = { low = '2 items', high = '3 items' }", "", items(2, 3, 6)),
        ("watermarks = { high = '4 B' }", "boundary = {}", bytes(1, 4, 8)),
        ("watermarks = { high = '4 B' }", "boundary = { capacity = '5 B' }", bytes(1, 4, 5)),
        ("watermarks = { high = '4 B' }", "boundary = { high = '8 items' }", items(2, 8, 16)),
        ("watermarks = { high = '4 B' }", "boundary = { arbiter = 'a' }", bytes(1, 4, 8)),
    ] {
        assert_eq!(marks(watermarks, boundary), expected, "{watermarks} {boundary}");
    }
}

#[test]
fn an_empty_restart_takes_the_defaults_and_temporary_is_none() {
    let restart = |text: &str| {
        let source =
            format!("[pipeline.p]\n{text}\nstage = [{{ stdin = {{}} }}, {{ stdout = {{}} }}]");
        check(&source)[0].restart
    };
    assert_eq!(restart(""), None);
    assert_eq!(restart("restart = {}"), Some(transient(5, 30_000)));
    assert_eq!(restart("restart = { policy = 'temporary' }"), None);
    let all = Restart { permanent: true, strategy: Strategy::OneForAll, ..transient(5, 30_000) };
    let text = "restart = { policy = 'permanent', strategy = 'one-for-all' }";
    assert_eq!(restart(text), Some(all));
}

#[test]
fn stages_without_a_name_are_numbered_where_their_word_is_taken() {
    let source = r#"
        [pipeline.p]
        stage = [
            { name = "skip", stdin = {} }, { lines = {} }, { skip = { items = 1 } },
            { name = "skip-2", skip = { items = 1 } }, { skip = { items = 1 } }, { stdout = {} },
        ]
    "#;
    let names: Vec<_> = check(source)[0].stages.iter().map(|stage| stage.name.clone()).collect();
    assert_eq!(names, ["skip", "lines", "skip-3", "skip-2", "skip-4", "stdout"]);
}

/// Nothing in a file makes the check panic, and every file has a blueprint or mistakes.
fn survives(source: &str) {
    if let Err(mistakes) = Config::check(source, &Registry::standard()) {
        assert!(!mistakes.as_slice().is_empty());
        for look in [aqueduct_config::Look::Plain, aqueduct_config::Look::Coloured] {
            assert!(mistakes.render("odd.toml", source, look).contains("odd.toml"));
        }
    }
}

#[test]
fn odd_files_are_refused_and_not_fatal() {
    let good = source("full.toml");
    let garbage: String =
        (0..1 << 20).map(|n: u64| char::from(33 + (n * 7919 % 90) as u8)).collect();
    for odd in [
        "",
        "\n",
        "\u{feff}",
        "# ü\n",
        "\0",
        "pipeline = 3",
        "pipeline = {}",
        "[pipeline]\n",
        "pipeline = { \"\" = { stage = [{}] } }",
        "pipeline.p.stage = [[]]",
        "[[pipeline.p.stage]]",
        "[pipeline.\"\\u0000\\n\"]\nstage = [{ stdin = {} }, { stdout = {} }]",
        "pipeline.p.stage = [{ name = \"\\u001b[31m\", \"\\n\" = {} }]",
        "[[pipeline.p.stage]]\nstdin = 1979-05-27\nname = inf\nto = []\nboundary = 1.0\n",
        "[pipeline.p]\nstage = [{ stdin = {} }, { filter = { contains = {} } }, { stdout.a.b = 1 }]",
        &"[".repeat(1 << 16),
        &format!("a = {}", "[".repeat(1 << 16)),
        &"a.".repeat(1 << 16),
        &garbage,
        &format!("a = '{garbage}'"),
        &"[[pipeline.p.stage]]\n".repeat(5000),
        &"[[pipeline.p.stage]]\nlines = {}\n".repeat(1000),
    ] {
        survives(odd);
    }
    survives(&(0..3000).map(|key| format!("key{key} = {key}\n")).collect::<String>());
    for at in (0..good.len()).filter(|at| good.is_char_boundary(*at)) {
        survives(&good[..at]);
        survives(&good[at..]);
    }
}

#[test]
fn a_pipeline_may_have_a_thousand_stages_and_no_more() {
    let skips = |number: usize| "{ skip = { items = 1 } }, ".repeat(number);
    let whole = |skips: String| {
        format!(
            "pipeline.p.stage = [{{ stdin = {{}} }}, {{ lines = {{}} }}, {skips}{{ stdout = {{}} }}]"
        )
    };
    assert_eq!(check(&whole(skips(997)))[0].stages.len(), 1000);
    let mistakes = Config::check(&whole(skips(998)), &Registry::standard()).unwrap_err();
    assert_eq!(mistakes.as_slice()[0].message, "pipeline `p` has more than 1000 stages");
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    let good = source("full.toml");
    let odd = format!("\u{feff}{}", good.replace('\n', "\r\n"));
    assert_eq!(check(&odd), check(&good));
    let wrong = "\u{feff}[[pipeline.p.stage]]\r\nstdn = {}\r\n";
    let mistakes = Config::check(wrong, &Registry::standard()).unwrap_err();
    let places: Vec<_> = mistakes.as_slice().iter().map(|m| (m.line, m.column)).collect();
    assert_eq!(places, [(2, 1)]);
}

#[test]
fn names_in_any_script_are_names() {
    let source =
        "[pipeline.\"größe 数\"]\nstage = [{ name = \"ввод\", stdin = {} }, { stdout = {} }]";
    assert_eq!(check(source)[0].stages[0].name, "ввод");
    let wrong =
        "[pipeline.\"größe 数\"]\nstage = [{ name = \"数数\", stdn = {} }, { stdout = {} }]";
    let mistakes = Config::check(wrong, &Registry::standard()).unwrap_err();
    assert_eq!(mistakes.as_slice()[0].column, 25);
    assert!(mistakes.render("f", wrong, aqueduct_config::Look::Plain).contains("f:2:25"));
}

#[test]
fn mistakes_are_told_to_machines_with_their_places() {
    let source = "[[pipeline.p.stage]]\nstdn = {}\n";
    let mistakes = Config::check(source, &Registry::standard()).unwrap_err();
    assert_eq!(
        mistakes.to_json().to_string(),
        "[{\"column\":1,\"help\":\"did you mean `stdin`?\",\"line\":2,\
         \"message\":\"no stage is called `stdn`\"}]"
    );
    assert_eq!(
        mistakes.to_string(),
        "line 2, column 1: no stage is called `stdn`; did you mean `stdin`?"
    );
}
