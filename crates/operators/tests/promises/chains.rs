//! Transforms one behind the other.

use aqueduct_operators::{Algorithm, Expected};
use aqueduct_operators::{
    DecompressError, EXPANSION, Either, PORTION, Transform, count, filter, flat_map, gunzip, gzip,
    hash, lines, map, skip, take, tap, try_map, verify,
};
use bytes::Bytes;

use crate::support::{drive, even, run, run_joined};

fn zipped(text: impl Into<Bytes>) -> Vec<u8> {
    run_joined(gzip(6).unwrap(), [text.into()]).unwrap()
}

#[test]
fn a_chain_passes_every_item_through_all_its_transforms_in_order() {
    let mut seen = 0;
    let chain = map(|n: u64| n * 3).then(filter(|n| n % 2 == 0)).then(tap(|_| seen += 1));
    assert_eq!(run(chain, 1..=4).unwrap(), [6, 12]);
    assert_eq!(seen, 2);
}

#[test]
fn what_is_left_at_the_end_passes_through_the_rest_of_the_chain() {
    let shout = lines(99).then(map(|line: Bytes| line.to_ascii_uppercase()));
    assert_eq!(run(shout, [Bytes::from("a\nb")]).unwrap(), [b"A\n".to_vec(), b"B".to_vec()]);
}

#[test]
fn an_error_in_the_middle_of_a_chain_stops_it() {
    let chain = map(|n: usize| Bytes::from(vec![b'x'; n])).then(lines(3));
    assert!(
        run(chain, [2, 9]).unwrap_err().to_string().starts_with("a line is longer than 3 bytes")
    );
}

#[test]
fn what_came_before_an_error_counts_and_nothing_behind_it() {
    let chain = map(|n: u32| n).then(try_map(|n| if n == 3 { Err(n) } else { Ok(n) }));
    let mut out = Vec::new();
    assert_eq!(drive(chain, 1..9, &mut out), Err(Either::Second(3)));
    assert_eq!(out, [1, 2]);
}

#[test]
fn of_two_errors_in_one_call_the_one_about_the_earlier_item_is_told() {
    // The line that the second refuses lies before the one that is too long.
    let chain =
        lines(4).then(try_map(|line: Bytes| if line == "no\n" { Err(()) } else { Ok(line) }));
    let failed = run(chain, [Bytes::from("yes\nno\nmuch too long\n")]);
    assert_eq!(failed, Err(Either::Second(())));
}

#[test]
fn a_compressed_log_is_filtered_line_by_line_however_it_is_cut() {
    let log: String =
        (0..9000).map(|n| format!("{n} {}\n", if n % 9 == 0 { "bad" } else { "" })).collect();
    let packed = zipped(log);
    for size in [1, 7, 1000, packed.len()] {
        let bad = filter(|line: &Bytes| line.ends_with(b"bad\n"));
        let found = run(gunzip().then(lines(99)).then(bad), even(packed.clone(), size)).unwrap();
        assert_eq!(found.len(), 1000, "chunks of {size}");
        assert_eq!(found[999], "8991 bad\n", "chunks of {size}");
    }
}

#[test]
fn all_that_a_chain_emits_at_its_end_is_emitted_by_the_last() {
    let sums = lines(9).then(count());
    assert_eq!(run(sums, [Bytes::from("1\n2\n3")]).unwrap(), [3]);
    // What the first emits at the end is expanded by the second in portions, and all of it comes.
    let expanded = count::<u8>().then(flat_map(|n| 0..n * 1000));
    assert_eq!(run(expanded, [0, 0]).unwrap().len(), 2000);
}

#[test]
fn a_chain_is_done_when_one_of_its_transforms_is() {
    let mut chain = map(|n: u64| n).then(take(2)).then(map(|n| n));
    assert!(!chain.is_done());
    chain.apply(1, &mut drop).unwrap();
    assert!(!chain.is_done());
    chain.apply(2, &mut drop).unwrap();
    assert!(chain.is_done());
    assert!(take::<u8>(0).then(skip(0)).is_done());
}

#[test]
fn who_wants_only_the_beginning_does_not_learn_what_is_wrong_behind_it() {
    fn check(name: &str, first: impl Transform<In = Bytes, Out = Bytes>, input: Vec<u8>) {
        let head = first.then(lines(6)).then(take(1));
        let found = run(head, [Bytes::from(input)]).map_err(|_| "an error").unwrap();
        assert_eq!(found, ["first\n"], "{name}");
    }
    let text = "first\na line that is too long\n";
    check("a long line", map(|chunk| chunk), text.into());
    let long = format!("{text}{}", "x".repeat(9 * EXPANSION));
    let mut truncated = zipped(long.clone());
    truncated.truncate(truncated.len() - 9);
    check("a truncated stream", gunzip(), truncated);
    check("a short stream", verify(Expected { bytes: Some(999), sha256: None }), text.into());
}

#[test]
fn who_stops_early_ends_an_endless_transform() {
    let mut made = 0_u64;
    let endless = flat_map(|n: u64| n..).then(tap(|_| made += 1)).then(take(3));
    assert_eq!(run(endless, [5, 6, 7]).unwrap(), [5, 6, 7]);
    assert!(made <= PORTION as u64, "{made}");
}

#[test]
fn a_bomb_is_opened_no_further_than_somebody_wants() {
    let packed = zipped(vec![b'\n'; 64 * EXPANSION]);
    let mut opened = 0;
    let chain =
        gunzip().then(tap(|chunk: &Bytes| opened += chunk.len())).then(lines(9)).then(take(5));
    assert_eq!(run(chain, [packed.into()]).unwrap().len(), 5);
    assert!(opened <= EXPANSION, "{opened}");
}

#[test]
fn a_chain_tells_the_error_of_the_transform_that_failed() {
    let chain = gunzip().then(hash(Algorithm::Crc32));
    let failed = run(chain, []);
    assert_eq!(failed, Err(Either::First(DecompressError::Truncated { at: 0 })));
}
