//! The promises of pictures.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on fails; one that is skipped says so"
)]

mod blueprints;

use std::{
    env, fs,
    io::{ErrorKind, Write},
    path::Path,
    process::{Command, Stdio},
};

use aqueduct_pipeline::{Blueprint, blueprint::Role, picture};

use blueprints::{broken, chain, named, on, pipeline, receive, send, stage};

const FORMATS: [fn(&[&Blueprint]) -> String; 3] = [picture::mermaid, picture::dot, picture::svg];

/// The widest picture that a README shows in a size that can be read, in units of an SVG.
const WIDEST: i64 = 1600;

fn check_drawn(file: &str, drawn: &str) {
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/picture").join(file);
    if fs::read_to_string(&expected).is_ok_and(|expected| expected == drawn) {
        return;
    }
    let actual = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&actual, drawn).unwrap();
    panic!("look at {}; if it is right, copy it to {}", actual.display(), expected.display());
}

#[test]
fn the_quickstart_looks_as_it_did() {
    let (send, receive) = (send(), receive());
    check_drawn("quickstart.mmd", &picture::mermaid(&[&send, &receive]));
    check_drawn("quickstart.dot", &picture::dot(&[&send, &receive]));
    check_drawn("quickstart.svg", &picture::svg(&[&send, &receive]));
}

fn check_escaped(name: &str, [mermaid, dot, svg]: [&str; 3]) {
    let blueprint = named(name);
    let drawn = FORMATS.map(|draw| draw(&[&blueprint]));
    let node = [
        format!("s0_0[\"{mermaid}<br>kind\"]\n"),
        format!("s0_0 [label=\"{dot}\\nkind\"];\n"),
        format!(">{svg}</text>\n<text class=\"kind\""),
    ];
    for (drawn, node) in drawn.iter().zip(&node) {
        assert!(drawn.contains(node), "{name:?} should be {node:?} in:\n{drawn}");
    }
    check_well_formed(&drawn[2]);
}

#[test]
fn a_name_may_be_anything() {
    for (name, escaped) in [
        ("plain-1.txt", ["plain-1.txt"; 3]),
        ("\"", ["#34;", "\\\"", "&quot;"]),
        ("a\\nb", ["a#92;nb", "a\\\\nb", "a\\nb"]),
        ("&amp;", ["#38;amp#59;", "&amp;amp;", "&amp;amp;"]),
        ("#35;", ["#35;35#59;", "#35;", "#35;"]),
        ("<b>'", ["#60;b#62;#39;", "<b>'", "&lt;b&gt;&#39;"]),
        ("a]|b", ["a#93;#124;b", "a]|b", "a]|b"]),
        ("`_a_` **b**", ["#96;#95;a#95;#96; #42;#42;b#42;#42;", "`_a_` **b**", "`_a_` **b**"]),
        ("1. a", ["1#46; a", "1. a", "1. a"]),
        ("- a", ["#45; a", "- a", "- a"]),
        ("  a ", ["#32;#32;a#32;", "  a ", "  a "]),
        ("end", ["end"; 3]),
        ("", ["#40;no name#41;", "(no name)", "(no name)"]),
        ("日本 é 📦", ["日本 é 📦"; 3]),
        ("a\nb\r\t\0\u{1b}\u{7f}", ["a␊b␍␉␀␛␡"; 3]),
        (
            "a\u{85}\u{2028}\u{202e}\u{feff}\u{ffff}",
            ["a\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"; 3],
        ),
    ] {
        check_escaped(name, escaped);
    }
}

#[test]
fn a_long_name_keeps_its_ends_in_an_svg() {
    let name = format!("head{}tail", "-".repeat(1000));
    let drawn = picture::svg(&[&named(&name)]);
    let shown = format!(">head{}…{}tail</text>", "-".repeat(12), "-".repeat(11));
    assert!(drawn.contains(&shown), "{drawn}");
    check_boxes(&drawn);
}

#[test]
fn the_same_blueprints_give_the_same_text() {
    let blueprints = [send(), receive(), chain(12)];
    for draw in FORMATS {
        let drawn = || draw(&blueprints.each_ref().map(|b| b));
        assert_eq!(drawn(), drawn());
    }
}

#[test]
fn an_arbiter_has_one_colour_in_the_whole_picture() {
    let a = pipeline("a", vec![on("one", stage("x", "x", Role::Stage))], Vec::new());
    let b = pipeline(
        "b",
        vec![on("two", stage("y", "y", Role::Stage)), on("one", stage("z", "z", Role::Stage))],
        Vec::new(),
    );
    let drawn = picture::mermaid(&[&a, &b]);
    let colours: Vec<_> =
        drawn.lines().filter_map(|line| line.split_once("stroke:")).map(|(_, c)| c).collect();
    assert_eq!(colours.len(), 3, "{drawn}");
    assert_eq!(colours[0], colours[2]);
    assert_ne!(colours[0], colours[1]);
}

/// Every stage is a row once, whatever leads where.
fn check_complete(blueprint: &Blueprint) {
    let [mermaid, dot, svg] = FORMATS.map(|draw| draw(&[blueprint]));
    let count = |drawn: &str, what: &str| drawn.matches(what).count();
    let stages = blueprint.stages.len();
    assert_eq!(count(&svg, "<text class=\"name\""), stages, "{svg}");
    let nodes = |line: &&str| line.trim_start().starts_with('s') && !line.contains("subgraph");
    let nodes = |drawn: &str, arrow: &str| {
        drawn.lines().filter(nodes).filter(|line| !line.contains(arrow)).count()
    };
    assert_eq!(nodes(&mermaid, "->"), stages, "{mermaid}");
    assert_eq!(nodes(&dot, "->"), stages, "{dot}");
    check_well_formed(&svg);
    check_boxes(&svg);
}

#[test]
fn a_blueprint_with_mistakes_has_a_picture() {
    for blueprint in broken() {
        assert!(!blueprint.mistakes().is_empty(), "{}", blueprint.name);
        check_complete(&blueprint);
    }
}

#[test]
fn no_box_is_upon_another_and_none_sticks_out() {
    for actors in [1, 2, 5, 6, 11, 40] {
        check_complete(&chain(actors));
    }
    check_boxes(&picture::svg(&[&send(), &receive(), &chain(7)]));
}

#[test]
fn without_pipelines_the_picture_is_empty() {
    assert_eq!(picture::mermaid(&[]), "flowchart LR\n");
    check_well_formed(&picture::svg(&[]));
}

/// The number in this attribute of an element.
fn attribute(element: &str, name: &str) -> i64 {
    let (_, rest) = element.split_once(&format!(" {name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.parse().unwrap()
}

fn check_boxes(svg: &str) {
    let wide = attribute(svg, "width");
    assert!(wide < WIDEST, "{wide}");
    for panel in svg.split("<g ").skip(1) {
        let (width, height) = (attribute(panel, "width"), attribute(panel, "height"));
        let frames: Vec<_> = panel
            .split("<rect class=\"box\"")
            .skip(1)
            .map(|rect| ["x", "y", "width", "height"].map(|name| attribute(rect, name)))
            .collect();
        for (at, [x, y, w, h]) in frames.iter().enumerate() {
            assert!(*x > 0 && *y > 0 && x + w < width && y + h < height, "{panel}");
            let apart =
                |[a, b, c, d]: &[i64; 4]| a + c < *x || x + w < *a || b + d < *y || y + h < *b;
            assert!(frames[..at].iter().all(apart), "{panel}");
        }
    }
}

/// Elements are closed in their order, and no character stands where it may not.
fn check_well_formed(svg: &str) {
    let mut open = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        assert!(!text.contains('>'), "{piece}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') => {}
            None => open.extend(tag.split(' ').next()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(svg.chars().all(|c| c == '\n' || !c.is_control()));
}

/// Has graphviz draw it; `false` where there is none.
fn graphviz_draws(graph: &str) -> bool {
    let dot = Command::new("dot")
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut dot = match dot {
        Err(error) if error.kind() == ErrorKind::NotFound => return false,
        dot => dot.unwrap(),
    };
    dot.stdin.take().unwrap().write_all(graph.as_bytes()).unwrap();
    let ended = dot.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && !said.contains("syntax"), "{said}\n{graph}");
    true
}

#[test]
fn graphviz_accepts_every_graph() {
    let nasty = named("\"q\\ <b> &amp; { | } \n ]; -> 日本 \u{0}\\");
    let mut blueprints = broken();
    blueprints.extend([send(), receive(), chain(12), nasty]);
    let all: Vec<_> = blueprints.iter().collect();
    let mut graphs: Vec<_> = all.iter().map(|blueprint| picture::dot(&[blueprint])).collect();
    graphs.push(picture::dot(&all));
    if !graphs.iter().all(|graph| graphviz_draws(graph)) {
        eprintln!("skipped: there is no dot (on Debian: apt-get install graphviz)");
        assert!(env::var_os("AQUEDUCT_TEST_ALL").is_none(), "nothing may be skipped");
    }
}
