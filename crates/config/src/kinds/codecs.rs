//! What makes other bytes of bytes, or looks at all of them.

use aqueduct_operators::{self as operators, Algorithm, Expected};
use aqueduct_pipeline::erased::Part;

use super::part_or_refuse;
use crate::keys::Keys;

/// What is said of the levels of zstd.
const LEVELS: &str = "From 1, the fastest, to 19, the smallest.";

pub(super) fn gzip(keys: &mut Keys<'_>) -> Part {
    let level = keys.count("level", 1, 9, "From 1, the fastest, to 9, the smallest.").or(6);
    part_or_refuse(keys, "level", operators::gzip(u32::try_from(level).unwrap_or(u32::MAX)))
}

pub(super) fn gunzip(_: &mut Keys<'_>) -> Part {
    Part::transform(operators::gunzip())
}

pub(super) fn hash(keys: &mut Keys<'_>) -> Part {
    let doc = "How it is computed; crc32 is against accidents only.";
    let algorithm = keys.choice("algorithm", &["sha256", "sha512", "crc32"], doc).or("sha256");
    Part::transform(operators::hash(match algorithm {
        "sha512" => Algorithm::Sha512,
        "crc32" => Algorithm::Crc32,
        _ => Algorithm::Sha256,
    }))
}

pub(super) fn verify(keys: &mut Keys<'_>) -> Part {
    let bytes = keys.count("bytes", 0, u64::MAX, "How many bytes have to come.").optional();
    let sha256 = keys
        .text("sha256", "The SHA-256 of all bytes, in hexadecimal digits.")
        .check(|text| match text.parse::<operators::Sha256Hex>() {
            Ok(_) => Ok(()),
            Err(_) => Err(("this is no SHA-256", "give its 64 hexadecimal digits")),
        })
        .optional();
    if !keys.has("bytes") && !keys.has("sha256") {
        let help = "give `bytes`, `sha256`, or both";
        keys.refuse("bytes", "there is nothing that `verify` could compare with", help);
    }
    let sha256 = sha256.and_then(|text| text.parse().ok());
    Part::transform(operators::verify(Expected { bytes, sha256 }))
}

#[cfg(feature = "zstd")]
pub(super) fn zstd(keys: &mut Keys<'_>) -> Part {
    let level = keys.count("level", 1, 19, LEVELS).or(3);
    part_or_refuse(keys, "level", operators::zstd(i32::try_from(level).unwrap_or(i32::MAX)))
}

#[cfg(feature = "zstd")]
pub(super) fn unzstd(_: &mut Keys<'_>) -> Part {
    Part::transform(operators::unzstd())
}

// The stages are known also where their code is not, so that whoever asks for them is told why.

#[cfg(not(feature = "zstd"))]
pub(super) fn zstd(keys: &mut Keys<'_>) -> Part {
    let _ = keys.count("level", 1, 19, LEVELS).or(3);
    unzstd(keys)
}

#[cfg(not(feature = "zstd"))]
pub(super) fn unzstd(keys: &mut Keys<'_>) -> Part {
    let help = "build it with `--features zstd`, or take `gzip` and `gunzip`";
    keys.refuse("level", "this program was built without zstd", help);
    Part::transform(operators::gunzip())
}
