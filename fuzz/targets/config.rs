//! A file of pipelines is checked without anything being started or looked up, and its mistakes can
//! be told: each lies in the file.

#![no_main]

use aqueduct_config::{Config, Look, MOST_MISTAKES, Registry, parse_duration};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let registry = Registry::standard();
    let _ = parse_duration(source);
    match Config::check(source, &registry) {
        Ok(checked) => {
            let again = Config::check(source, &registry);
            assert_eq!(again.as_ref(), Ok(&checked), "the same file is the same pipelines");
        }
        Err(mistakes) => {
            let told = mistakes.as_slice();
            assert!(!told.is_empty() && told.len() <= MOST_MISTAKES);
            for mistake in told {
                assert!(source.get(mistake.span.clone()).is_some(), "{mistake:?}");
            }
            let _ = mistakes.render("fuzzed.toml", source, Look::Plain);
            let _ = mistakes.to_json();
        }
    }
});
