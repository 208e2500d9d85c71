//! Erasure: text through a chain of transforms, in a pipeline that is written in several ways.
//!
//! The text lies in memory, in chunks of 64 KiB.
//! It is cut into lines, every second line is kept, what is kept is cut down to its number, and the
//! numbers are counted and checked.
//! All of that is cheap on purpose, so that what the way of writing costs can be seen: in a pipeline
//! that does real work, the ratios are closer to 1.
//!
//! With `item` each number crosses a link, with `sum` only what they come to.
//! Both ends are on one arbiter, for the work of a line is what is measured; on two, it would overlap.
//!
//! | contender | |
//! |---|---|
//! | `aqueduct` | the typed builder |
//! | `erased` | the same transforms as parts whose types are known only at run time |
//! | `toml` | the same, from a file |
//! | `unmeasured` | the same transforms in the same actors, without a builder, and so without meters |
//! | `bare-chain` | the same transforms in a plain loop, without actors and without a link |
//! | `by-hand` | a plain loop over slices, without transforms: the floor |
//!
//! The clock runs from the start of a pipeline, which is checked and parsed before, to its end, when
//! every actor is gone.

mod bare;
mod by_hand;
mod ending;
mod erased;
mod from_toml;
mod tallying;
mod text;
mod typed;

use std::{future::Future, time::Instant};

use bytes::{Buf, Bytes};
use tokio::sync::oneshot;

use crate::{
    bed::{Mode, Places},
    contest::{ANY, Better, Contender, ITEM, Measure, OURS, Run, Workload},
    tally::Tally,
};
use text::{KEPT, NUMBER, Text};

/// The longest line that is let through.
const LONGEST: usize = 64 * 1024;

const NS_LINE: Measure = Measure { unit: "ns/line", better: Better::Less };

pub(crate) const ERASURE: Workload = Workload {
    name: "erasure",
    measures: &[NS_LINE],
    items: 2_000_000,
    alone: false,
    modes: &[Mode::Same],
    contenders: &[
        Contender { name: OURS, api: ITEM, run: typed::item },
        Contender { name: "erased", api: ITEM, run: erased::item },
        Contender { name: "toml", api: ITEM, run: from_toml::item },
        Contender { name: "unmeasured", api: ITEM, run: bare::actors_item },
        Contender { name: "bare-chain", api: ITEM, run: bare::chain_item },
        Contender { name: OURS, api: "sum", run: typed::sum },
        Contender { name: "erased", api: "sum", run: erased::sum },
        Contender { name: "toml", api: "sum", run: from_toml::sum },
        Contender { name: "unmeasured", api: "sum", run: bare::actors_sum },
        Contender { name: "bare-chain", api: "sum", run: bare::chain_sum },
        Contender { name: "by-hand", api: ANY, run: by_hand::run },
    ],
};

/// Whether a line is one of those that are kept.
fn is_kept(line: &[u8]) -> bool {
    line.starts_with(b"keep")
}

/// Cuts a line down to its number.
fn number(mut line: Bytes) -> Bytes {
    line.truncate(NUMBER.end);
    line.advance(NUMBER.start.min(line.len()));
    line
}

/// Takes the next number; the text begins again and again, and so do its numbers.
#[inline]
fn see(tally: &mut Tally, number: &[u8]) {
    let begun_again = tally.count() & !(KEPT - 1);
    tally.see(begun_again | text::read(number));
}

/// Takes what all numbers come to.
fn adopt(tally: &mut Tally, sum: &[u8]) {
    *tally = Tally::from_bytes(sum);
}

/// Has an arbiter prepare a run and then make it, checks what came of it, and returns ns/line.
///
/// What is prepared is outside the clock.
fn run<U>(places: Places, items: u64, prepare: impl FnOnce(Text) -> U + Send + 'static) -> Run
where
    U: Future<Output = Result<Tally, String>> + 'static,
{
    Box::pin(async move {
        let text = Text::of(items);
        let (tell, told) = oneshot::channel();
        places.consumer.spawn_fn(move || {
            let prepared = prepare(text);
            actix_rt::spawn(async move {
                let began = Instant::now();
                let tally = prepared.await;
                let took = began.elapsed();
                // Nobody waits for a run that was given up.
                drop(tell.send(tally.map(|tally| (took, tally))));
            });
        });
        let (took, tally) = told.await.map_err(|_| "the arbiter died".to_owned())??;
        tally.verify(items.div_ceil(2))?;
        Ok(vec![took.as_secs_f64() * 1e9 / items as f64])
    })
}
