//! Lines and other items that are taken one by one.

use std::time::Duration;

use aqueduct_link::mib;
use aqueduct_operators::{self as operators, Rate, Transform, filter, map};
use aqueduct_pipeline::erased::{Item, Json, Part};
use bytes::Bytes;
use memchr::memmem::Finder;
use serde_json::Value;

use super::refused;
use crate::keys::Keys;

pub(super) fn lines(keys: &mut Keys<'_>) -> Part {
    let doc = "The longest line; a longer one ends the pipeline with an error.";
    Part::transform(operators::lines(longest(keys, doc)))
}

/// The key that bounds a line or a record.
pub(super) fn longest(keys: &mut Keys<'_>, doc: &'static str) -> usize {
    let longest = keys
        .size("longest", doc)
        .check(|bytes| match bytes {
            0 => Err(("a bound of 0 bytes lets nothing through", "write it as \"1 MiB\"")),
            _ => Ok(()),
        })
        .or(mib(1));
    usize::try_from(longest).unwrap_or(usize::MAX)
}

pub(super) fn contains(keys: &mut Keys<'_>) -> Part {
    let text = keys.text("contains", "The text, capitals or not as written.").required();
    let finder = Finder::new(&text).into_owned();
    choose(keys, move |bytes| finder.find(bytes).is_some())
}

pub(super) fn starts_with(keys: &mut Keys<'_>) -> Part {
    let text = keys.text("starts-with", "The text at the beginning.").required();
    choose(keys, move |bytes| bytes.starts_with(text.as_bytes()))
}

pub(super) fn ends_with(keys: &mut Keys<'_>) -> Part {
    let text = keys.text("ends-with", "The text at the end, before the line feed.").required();
    choose(keys, move |bytes| bytes.ends_with(text.as_bytes()))
}

pub(super) fn matches(keys: &mut Keys<'_>) -> Part {
    let doc = "The regular expression; the line feed at the end is not shown to it.";
    let pattern = keys.pattern("matches", doc).required();
    choose(keys, move |bytes| pattern.is_match(bytes))
}

/// A filter whose answer can be turned round; the line feed at the end is not shown to it.
fn choose(keys: &mut Keys<'_>, is_meant: impl Fn(&[u8]) -> bool + Send + 'static) -> Part {
    let not = keys.flag("not", "Lets pass the others instead.").or(false);
    Part::transform(filter(move |item: &Bytes| {
        is_meant(item.strip_suffix(b"\n").unwrap_or(item)) != not
    }))
}

pub(super) fn take(keys: &mut Keys<'_>) -> Part {
    let items = keys.count("items", 0, u64::MAX, "How many; then the producer is told to stop.");
    Part::transform(operators::take::<Item>(items.required()))
}

pub(super) fn skip(keys: &mut Keys<'_>) -> Part {
    let items = keys.count("items", 0, u64::MAX, "How many are left out.").required();
    Part::transform(operators::skip::<Item>(items))
}

pub(super) fn count(_: &mut Keys<'_>) -> Part {
    Part::transform(operators::count::<Item>().then(map(|n: u64| Json::from(Value::from(n)))))
}

pub(super) fn rate_limit(keys: &mut Keys<'_>) -> Part {
    let items =
        keys.count("items", 1, u64::MAX, "How many items pass in that time; of bytes, chunks.");
    let items = items.required();
    let per = keys.duration("per", "The time.").or(Duration::from_secs(1));
    let burst = keys.count(
        "burst",
        1,
        u64::MAX,
        "How many may pass at once after a pause; without it, `items`.",
    );
    let burst = burst.optional();
    // Where keys are wrong or only described, one item stands for what they would say.
    let items = items.max(1);
    match Rate::per(items, per).and_then(|rate| rate.burst(burst.unwrap_or(items))) {
        Ok(rate) => Part::stage(rate),
        Err(error) => refused(keys, "per", &error),
    }
}
