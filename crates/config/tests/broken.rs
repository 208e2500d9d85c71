//! Each file in `tests/broken` is told as it stands in the text beside it.
//!
//! With `AQUEDUCT_UPDATE=1` the texts are written anew, to be read before they are kept.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{env, fs, path::Path};

use aqueduct_config::{Config, Look, Registry};

macro_rules! broken {
    ($($name:ident)*) => {
        $(#[test] fn $name() { check(stringify!($name)); })*

        #[test]
        fn every_broken_file_is_tested() {
            let tested = [$(stringify!($name)),*];
            for file in fs::read_dir(directory()).unwrap() {
                let path = file.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap();
                assert!(tested.contains(&name), "{name} is not tested");
            }
        }
    };
}

broken! {
    bad_address
    bad_number
    bad_pointer
    bad_regex
    bad_secret
    bad_word
    circle_and_a_way_in
    circle_apart
    consumer_in_the_middle
    cycle
    edge_to_nowhere
    frames_meet_a_stream
    high_above_capacity
    high_of_zero
    items_do_not_meet
    items_do_not_meet_by_two
    kernel_is_no_flag
    kind_is_no_table
    leads_to_itself
    low_above_high
    marks_before_the_first
    missing_key
    misspelt_key
    misspelt_kind
    misspelt_required_key
    misspelt_stage_list
    mixed_units
    name_taken
    no_kind
    no_pipeline
    no_stages
    no_unit
    none_of_many
    nothing_to_verify
    one_stage_alone
    pipeline_is_a_list
    pipeline_without_a_name
    producer_in_the_middle
    restart_of_a_written_file
    same_file_made_twice
    same_key_twice
    several_at_once
    stage_is_no_table
    stages_are_no_list
    syntax
    too_many_items
    transform_first_and_last
    two_chains
    two_kinds
    two_of_one
    two_producers
    unclosed
    unknown_key
    unknown_kind
    unknown_pipeline_key
    unknown_stage_key
    unknown_top_key
    wrong_end_of_a_file
    wrong_restart
    wrong_type
    wrong_unit
}

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/broken"))
}

/// The file is refused with exactly this text, and each mistake says what to do.
fn check(name: &str) {
    let path = directory().join(format!("{name}.toml"));
    let source = fs::read_to_string(path).unwrap();
    let mistakes = Config::check(&source, &Registry::standard()).unwrap_err();
    for mistake in mistakes.as_slice() {
        assert!(mistake.help.is_some(), "{mistake}");
    }
    let told = mistakes.render(&format!("{name}.toml"), &source, Look::Plain);
    let expected = directory().join(format!("{name}.txt"));
    if env::var_os("AQUEDUCT_UPDATE").is_some() {
        fs::write(&expected, &told).unwrap();
    }
    let expected = fs::read_to_string(expected).unwrap_or_default();
    assert!(told == expected, "told:\n{told}\nexpected:\n{expected}");
}
