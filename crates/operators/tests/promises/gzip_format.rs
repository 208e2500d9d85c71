//! What gzip has that other formats have not: a header of many parts, and a trailer.

use aqueduct_operators::{DecompressError, gunzip};
use flate2::{Compression, GzBuilder, write::GzEncoder};

use std::io::Write as _;

use crate::support::{even, run_joined};

const TEXT: &[u8] = b"some text";

/// Where the flags are, and the one that says that the header has a checksum.
const FLAGS: usize = 3;
const HAS_CHECKSUM: u8 = 1 << 1;

fn packed(builder: GzBuilder) -> Vec<u8> {
    let mut encoder: GzEncoder<Vec<u8>> = builder.write(Vec::new(), Compression::new(6));
    encoder.write_all(TEXT).unwrap();
    encoder.finish().unwrap()
}

fn all_fields() -> Vec<u8> {
    let long_name = "n".repeat(100_000);
    packed(GzBuilder::new().extra(vec![7; 300]).filename(long_name).comment("a comment").mtime(9))
}

/// The same with a checksum of the header, which has `length` bytes.
fn with_checksum(mut packed: Vec<u8>, length: usize) -> Vec<u8> {
    packed[FLAGS] |= HAS_CHECKSUM;
    let mut crc = flate2::Crc::new();
    crc.update(&packed[..length]);
    let low = crc.sum().to_le_bytes();
    packed.splice(length..length, [low[0], low[1]]);
    packed
}

fn check_opens(packed: Vec<u8>) {
    for size in [1, 3, packed.len()] {
        assert_eq!(run_joined(gunzip(), even(packed.clone(), size)).unwrap(), TEXT);
    }
}

fn check_refused(packed: Vec<u8>, expected_at: usize, expected_why: &str) {
    for size in [1, packed.len()] {
        match run_joined(gunzip(), even(packed.clone(), size)) {
            Err(DecompressError::Corrupt { at, why }) => {
                assert_eq!((at, &*why), (expected_at as u64, expected_why));
            }
            other => panic!("{expected_why}: {other:?}"),
        }
    }
}

#[test]
fn a_header_may_have_any_of_its_parts() {
    check_opens(packed(GzBuilder::new()));
    check_opens(packed(GzBuilder::new().extra(vec![])));
    check_opens(packed(GzBuilder::new().extra(vec![1])));
    check_opens(packed(GzBuilder::new().filename("")));
    check_opens(packed(GzBuilder::new().comment("only")));
    check_opens(all_fields());
    check_opens(with_checksum(packed(GzBuilder::new()), 10));
    check_opens(with_checksum(packed(GzBuilder::new().filename("abc")), 14));
}

#[test]
fn a_header_that_is_not_understood_is_refused_where_it_is_wrong() {
    let changed = |at: usize, to: u8| {
        let mut packed = packed(GzBuilder::new());
        packed[at] = to;
        packed
    };
    check_refused(changed(0, 0), 0, "no gzip begins here");
    check_refused(changed(1, 0), 1, "no gzip begins here");
    check_refused(changed(2, 7), 2, "the way of compression is not known");
    check_refused(changed(FLAGS, 0x80), 3, "the header has flags that are not known");
    let mut wrong = with_checksum(packed(GzBuilder::new()), 10);
    wrong[11] ^= 1;
    check_refused(wrong, 11, "the checksum of the header does not match");
}

#[test]
fn a_trailer_that_does_not_match_is_refused_where_it_is_wrong() {
    let good = packed(GzBuilder::new());
    for back in 1..=8 {
        let mut wrong = good.clone();
        let at = wrong.len() - back;
        wrong[at] ^= 1;
        check_refused(wrong, at, "the checksum or the length of the data does not match");
    }
}
