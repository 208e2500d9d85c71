//! What was compressed is the same however its stream is cut, no piece of it is longer than allowed,
//! and compressing it again and back gives the same.

#![no_main]

mod support;

use aqueduct_operators::{EXPANSION, gunzip, gzip};
use libfuzzer_sys::fuzz_target;
use support::{Streams, run};

fuzz_target!(|input: &[u8]| {
    let Some(Streams { whole, cut }) = Streams::of(input) else { return };
    let (pieces, end) = run(gunzip(), [whole]);
    assert!(pieces.iter().all(|piece| piece.len() <= EXPANSION));
    let (from_cut, end_of_cut) = run(gunzip(), cut);
    assert_eq!(end.is_ok(), end_of_cut.is_ok(), "{end:?} {end_of_cut:?}");
    if end.is_ok() {
        let data = pieces.concat();
        assert_eq!(data, from_cut.concat());
        let (compressed, _) = run(gzip(1).expect("a level"), pieces);
        assert_eq!(run(gunzip(), compressed).0.concat(), data);
    }
});
