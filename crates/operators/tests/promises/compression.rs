//! What holds for every compressed format.

use aqueduct_operators::{DecompressError, EXPANSION, LevelError, Transform, gunzip, gzip};
#[cfg(feature = "zstd")]
use aqueduct_operators::{unzstd, zstd};
use bytes::Bytes;
use proptest::prelude::*;

use crate::support::{cut, drive, even, noise, run, run_joined, sizes};

/// What a bomb expands to.
const BOMB: usize = 64 * 1024 * 1024;

fn gzipped(data: impl Into<Bytes>) -> Vec<u8> {
    run_joined(gzip(6).unwrap(), [data.into()]).unwrap()
}

#[cfg(feature = "zstd")]
fn zstdded(data: impl Into<Bytes>) -> Vec<u8> {
    run_joined(zstd(3).unwrap(), [data.into()]).unwrap()
}

/// Calls a check with the compression and the decompression of each format.
macro_rules! for_each_format {
    ($check:ident($($argument:expr),*)) => {{
        $check(gzipped, gunzip $(, $argument)*);
        #[cfg(feature = "zstd")]
        $check(zstdded, unzstd $(, $argument)*);
    }};
}

/// Text that compresses in part, with long repetitions.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..99),
        (any::<u8>(), 0_usize..5000).prop_map(|(byte, times)| vec![byte; times]),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn gzip_is_undone_however_the_bytes_are_cut(
        data in text(), before in sizes(), after in sizes(), level in 1_u32..=9,
    ) {
        let packed = run_joined(gzip(level)?, cut(data.clone(), &before))?;
        prop_assert_eq!(run_joined(gunzip(), cut(packed, &after))?, data);
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn zstd_is_undone_however_the_bytes_are_cut(
        data in text(), before in sizes(), after in sizes(), level in 1_i32..=4,
    ) {
        let packed = run_joined(zstd(level)?, cut(data.clone(), &before))?;
        prop_assert_eq!(run_joined(unzstd(), cut(packed, &after))?, data);
    }

    #[test]
    fn damaged_bytes_are_an_error_or_the_same_data(
        data in text(), at in any::<proptest::sample::Index>(), change in 1_u8.., sizes in sizes(),
    ) {
        for_each_format!(check_damaged(&data, &at, change, &sizes));
    }
}

/// A byte that is changed is found, or was of no interest, as the time and some padding are.
fn check_damaged<D: Transform<In = Bytes, Out = Bytes, Error = DecompressError>>(
    pack: fn(Vec<u8>) -> Vec<u8>,
    unpack: fn() -> D,
    data: &[u8],
    at: &proptest::sample::Index,
    change: u8,
    sizes: &[usize],
) {
    let mut packed = pack(data.to_vec());
    let at = at.index(packed.len());
    packed[at] ^= change;
    if let Ok(found) = run_joined(unpack(), cut(packed, sizes)) {
        assert!(found == data, "byte {at} changed by {change} changes the data");
    }
}

#[test]
fn a_bomb_is_emitted_in_portions_that_never_pass_the_bound() {
    fn check<D: Transform<In = Bytes, Out = Bytes, Error = DecompressError>>(
        pack: fn(Vec<u8>) -> Vec<u8>,
        unpack: fn() -> D,
    ) {
        let packed = pack(vec![0; BOMB]);
        assert!(packed.len() < BOMB / 900, "{} bytes are no bomb", packed.len());
        let mut bomb = unpack();
        let (mut all, mut calls) = (0, 1);
        let mut call = 0;
        bomb.apply(packed.into(), &mut |chunk| call += chunk.len()).unwrap();
        loop {
            assert!(call <= EXPANSION, "{call} bytes in call {calls}");
            all += call;
            call = 0;
            calls += 1;
            if !bomb.more(&mut |chunk| call += chunk.len()).unwrap() {
                break;
            }
        }
        bomb.finish(&mut drop).unwrap();
        assert_eq!((all, call), (BOMB, 0));
        assert!(calls >= BOMB / EXPANSION, "{calls}");
    }
    for_each_format!(check());
}

#[test]
fn streams_behind_each_other_are_one() {
    fn check<D: Transform<In = Bytes, Out = Bytes, Error = DecompressError>>(
        pack: fn(Vec<u8>) -> Vec<u8>,
        unpack: fn() -> D,
    ) {
        let first = noise(EXPANSION);
        // The first fills a portion exactly; nothing has a stream as well.
        let packed = [pack(first.clone()), pack(vec![]), pack(b"last".to_vec())].concat();
        for size in [1, 1000, packed.len()] {
            let found = run_joined(unpack(), even(packed.clone(), size)).unwrap();
            assert_eq!(found, [&first[..], b"last"].concat(), "chunks of {size}");
        }
    }
    for_each_format!(check());
}

#[test]
fn a_stream_that_ends_anywhere_too_early_is_an_error_that_says_where() {
    fn check<D: Transform<In = Bytes, Out = Bytes, Error = DecompressError>>(
        pack: fn(Vec<u8>) -> Vec<u8>,
        unpack: fn() -> D,
    ) {
        let packed = pack(b"some text, some text, and some more text".to_vec());
        for length in 0..packed.len() {
            let failed = run(unpack(), even(packed[..length].to_vec(), 5));
            assert_eq!(failed, Err(DecompressError::Truncated { at: length as u64 }));
        }
        // Also behind a stream that is whole.
        let twice = packed.repeat(2);
        let failed = run(unpack(), [twice[..packed.len() + 3].to_vec().into()]);
        assert_eq!(failed, Err(DecompressError::Truncated { at: packed.len() as u64 + 3 }));
    }
    for_each_format!(check());
}

#[test]
fn garbage_is_an_error_that_says_where_and_what_came_before_it_counts() {
    fn check<D: Transform<In = Bytes, Out = Bytes, Error = DecompressError>>(
        pack: fn(Vec<u8>) -> Vec<u8>,
        unpack: fn() -> D,
    ) {
        let good = pack(b"good".to_vec());
        for (before, expected) in [(vec![], &b""[..]), (good, b"good")] {
            let at_least = before.len() as u64;
            let mut out = Vec::new();
            let input = [before, b"this is garbage".to_vec()].concat();
            let failed = drive(unpack(), [input.into()], &mut out).unwrap_err();
            assert_eq!(out.concat(), expected);
            let DecompressError::Corrupt { at, .. } = &failed else { panic!("{failed}") };
            assert!((at_least..at_least + 4).contains(at), "{failed}, and not {at_least}");
        }
    }
    for_each_format!(check());
}

#[test]
fn empty_chunks_change_nothing() {
    fn check<D: Transform<In = Bytes, Out = Bytes, Error = DecompressError>>(
        pack: fn(Vec<u8>) -> Vec<u8>,
        unpack: fn() -> D,
    ) {
        let packed = even(pack(b"text".to_vec()), 4);
        let chunks =
            packed.into_iter().flat_map(|chunk| [vec![Bytes::new(); 40], vec![chunk]].concat());
        assert_eq!(run_joined(unpack(), chunks).unwrap(), b"text");
    }
    for_each_format!(check());
}

#[test]
fn a_compressor_emits_as_soon_as_it_has_a_chunk_and_not_only_at_the_end() {
    fn check<C: Transform<In = Bytes, Out = Bytes>>(mut compressor: C)
    where
        C::Error: std::fmt::Debug,
    {
        let mut largest = 0;
        let mut before_the_end = 0;
        compressor
            .apply(noise(20 * EXPANSION).into(), &mut |chunk| {
                largest = largest.max(chunk.len());
                before_the_end += chunk.len();
            })
            .unwrap();
        assert!(before_the_end > 15 * EXPANSION, "{before_the_end}");
        assert!(largest <= 4 * EXPANSION, "{largest}");
    }
    check(gzip(1).unwrap());
    #[cfg(feature = "zstd")]
    check(zstd(1).unwrap());
}

#[test]
fn a_level_that_there_is_not_is_refused() {
    for level in [0, 10] {
        let refused = LevelError { level: level.into(), least: 1, most: 9 };
        assert_eq!(gzip(level).unwrap_err(), refused);
    }
    #[cfg(feature = "zstd")]
    for level in [-1, 0, 20] {
        let refused = LevelError { level: level.into(), least: 1, most: 19 };
        assert_eq!(zstd(level).unwrap_err(), refused);
    }
}

#[test]
fn each_way_has_a_word_and_may_go_to_another_thread() {
    fn check<T: Transform + Send>(transform: T, word: &str) {
        assert_eq!(transform.kind(), word);
    }
    check(gzip(1).unwrap(), "gzip");
    check(gunzip(), "gunzip");
    #[cfg(feature = "zstd")]
    check(zstd(1).unwrap(), "zstd");
    #[cfg(feature = "zstd")]
    check(unzstd(), "unzstd");
}
