//! Digests, and what a stream has to be.

use aqueduct_operators::{
    Algorithm, Expected, Mismatch, NotSha256, Sha256Hex, Transform, hash, verify,
};
use bytes::Bytes;
use proptest::prelude::*;

use crate::support::{cut, drive, even, run, run_joined, sizes};

const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

proptest! {
    #[test]
    fn a_digest_is_the_same_however_the_bytes_are_cut(
        data in proptest::collection::vec(any::<u8>(), 0..400),
        algorithm in proptest::sample::select(vec![
            Algorithm::Sha256, Algorithm::Sha512, Algorithm::Crc32,
        ]),
        sizes in sizes(),
    ) {
        let whole = run(hash(algorithm), [Bytes::from(data.clone())])?;
        prop_assert_eq!(run(hash(algorithm), cut(data, &sizes))?, whole);
    }
}

#[test]
fn a_digest_is_one_line_of_lower_case_digits() {
    fn check(algorithm: Algorithm, of_abc: &str) {
        let found = run(hash(algorithm), even("abc", 1)).unwrap();
        assert_eq!(found, [format!("{of_abc}\n")], "{algorithm:?}");
    }
    // The examples of FIPS 180-2, and the CRC-32 of the same text.
    check(Algorithm::Sha256, OF_ABC);
    check(
        Algorithm::Sha512,
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
    check(Algorithm::Crc32, "352441c2");
}

#[test]
fn nothing_has_a_digest_too() {
    assert_eq!(run(hash(Algorithm::Crc32), []).unwrap(), ["00000000\n"]);
    assert_eq!(hash(Algorithm::Crc32).kind(), "hash");
}

fn verified(bytes: Option<u64>, sha256: Option<&str>) -> Result<Vec<u8>, Mismatch> {
    let sha256 = sha256.map(|hex| hex.parse().unwrap());
    run_joined(verify(Expected { bytes, sha256 }), even("abc", 2))
}

#[test]
fn what_was_promised_passes() {
    for (bytes, sha256) in
        [(None, None), (Some(3), None), (None, Some(OF_ABC)), (Some(3), Some(OF_ABC))]
    {
        assert_eq!(verified(bytes, sha256).unwrap(), b"abc");
    }
    assert_eq!(verify(Expected::default()).kind(), "verify");
}

#[test]
fn a_short_a_long_and_another_stream_fail() {
    assert_eq!(verified(Some(4), None), Err(Mismatch::Short { expected: 4, got: 3 }));
    assert_eq!(verified(Some(2), None), Err(Mismatch::Long { expected: 2 }));
    let other = OF_ABC.replace("ba78", "0000");
    let (expected, got) = (other.parse().unwrap(), OF_ABC.parse().unwrap());
    assert_eq!(verified(None, Some(&other)), Err(Mismatch::Hash { expected, got }));
}

#[test]
fn too_many_bytes_fail_at_once_and_do_not_pass() {
    let mut out = Vec::new();
    let two = verify(Expected { bytes: Some(2), sha256: None });
    let failed = drive(two, ["ab", "c", "d"].map(Bytes::from), &mut out);
    assert_eq!(failed, Err(Mismatch::Long { expected: 2 }));
    assert_eq!(out, ["ab"]);
}

#[test]
fn a_sha256_has_64_hexadecimal_digits() {
    assert_eq!(OF_ABC.parse::<Sha256Hex>().unwrap().to_string(), OF_ABC);
    assert_eq!(OF_ABC.to_uppercase().parse(), OF_ABC.parse::<Sha256Hex>());
    let refused = |text: &str| assert!(text.parse::<Sha256Hex>().is_err(), "{text}");
    refused("");
    refused("12");
    refused(&OF_ABC[1..]);
    refused(&OF_ABC.replace('b', "x"));
    refused(&"é".repeat(32));
    // A sign is no digit, though a number may begin with one.
    refused(&"+a".repeat(32));
    let error: NotSha256 = "12".parse::<Sha256Hex>().unwrap_err();
    assert_eq!(error.to_string(), "\"12\" is no SHA-256: give its 64 hexadecimal digits");
}
