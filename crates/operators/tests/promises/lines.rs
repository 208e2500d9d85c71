//! Lines.

use aqueduct_operators::{LineTooLong, lines};
use bytes::Bytes;
use proptest::prelude::*;

use crate::support::{cut, even, run, sizes};

proptest! {
    #[test]
    fn lines_are_the_same_however_the_bytes_are_cut(text in "[ab\n]{0,200}", sizes in sizes()) {
        let chunks = cut(text.clone(), &sizes);
        let expected: Vec<&str> = text.split_inclusive('\n').collect();
        prop_assert_eq!(run(lines(1000), chunks)?, expected);
    }
}

#[test]
fn a_line_may_be_as_long_as_the_bound_and_no_longer() {
    assert_eq!(run(lines(8), even("1234567\n1", 3)).unwrap(), ["1234567\n", "1"]);
    assert_eq!(run(lines(8), even("12345678\n", 3)), Err(LineTooLong { longest: 8 }));
    // Also when its end never comes: the bound is on memory.
    assert_eq!(run(lines(8), even("123456789", 3)), Err(LineTooLong { longest: 8 }));
}

#[test]
fn a_line_within_one_chunk_is_not_copied() {
    let chunk = Bytes::from("first\nsecond\n");
    let found = run(lines(99), [chunk.clone()]).unwrap();
    assert_eq!(found[1].as_ptr(), chunk[6..].as_ptr());
}
