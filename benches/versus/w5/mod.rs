//! W5: how long a message takes to the other side and back.
//!
//! With `streaming` the next ping is sent when the pong is here; with `idle` it is sent a
//! millisecond later, when both sides sleep.
//! Each pong is checked to be that of its ping.
//!
//! `thread-park` is a reference and no peer: two threads that put themselves to sleep and wake each
//! other, without a queue.

mod actix_mailbox;
mod aqueduct_stages;
mod channels;
mod park;
mod trips;

use std::time::Duration;

use tokio::sync::oneshot;

use crate::{
    bed::{Mode, Places},
    contest::{Better, Contender, Failed, Measure, OURS, Run, Workload},
    oneway::{Kanal, Tokio},
};
use trips::Trips;

/// How long `idle` waits before each ping.
const PAUSE: Duration = Duration::from_millis(1);

/// `idle` makes one trip for so many of `streaming`: its trips are mostly waiting.
const SELDOM: u64 = 40;

const STREAMING: &str = "streaming";
const IDLE: &str = "idle";

pub(crate) const W5: Workload = Workload {
    name: "W5",
    measures: &[
        Measure { unit: "ns p50", better: Better::Less },
        Measure { unit: "ns p99", better: Better::Less },
    ],
    items: 20_000,
    alone: false,
    modes: &[Mode::Same, Mode::Cross],
    contenders: &[
        Contender { name: OURS, api: STREAMING, run: streaming::<aqueduct_stages::Ours> },
        Contender { name: "tokio-mpsc", api: STREAMING, run: streaming::<channels::Tasks<Tokio>> },
        Contender { name: "kanal", api: STREAMING, run: streaming::<channels::Tasks<Kanal>> },
        Contender {
            name: "actix-do-send",
            api: STREAMING,
            run: streaming::<actix_mailbox::Actors>,
        },
        Contender { name: OURS, api: IDLE, run: idle::<aqueduct_stages::Ours> },
        Contender { name: "tokio-mpsc", api: IDLE, run: idle::<channels::Tasks<Tokio>> },
        Contender { name: "kanal", api: IDLE, run: idle::<channels::Tasks<Kanal>> },
        Contender { name: "actix-do-send", api: IDLE, run: idle::<actix_mailbox::Actors> },
    ],
};

/// The reference between two threads.
pub(crate) const W5_CROSS: Workload = Workload {
    modes: &[Mode::Cross],
    contenders: &[Contender {
        name: "thread-park",
        api: STREAMING,
        run: streaming::<park::Threads>,
    }],
    ..W5
};

/// Somebody who sends messages to and fro.
trait Peer: 'static {
    /// Starts both sides, which begin at once.
    fn start(
        places: &Places,
        trips: Trips,
        pause: Option<Duration>,
    ) -> impl Future<Output = Result<(), String>>;
}

fn streaming<P: Peer>(places: Places, items: u64) -> Run {
    Box::pin(run::<P>(places, items, None))
}

fn idle<P: Peer>(places: Places, items: u64) -> Run {
    Box::pin(run::<P>(places, items.div_ceil(SELDOM), Some(PAUSE)))
}

async fn run<P: Peer>(
    places: Places,
    items: u64,
    pause: Option<Duration>,
) -> Result<Vec<f64>, Failed> {
    let (tell, told) = oneshot::channel();
    P::start(&places, Trips::new(items, tell), pause).await?;
    let times = told.await.map_err(|_| "a side died, or a pong was not that of its ping")?;
    Ok(vec![percentile(&times, 50), percentile(&times, 99)])
}

/// Of sorted times, in ns.
fn percentile(times: &[Duration], percent: usize) -> f64 {
    let place = times.len().saturating_sub(1) * percent / 100;
    times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e9)
}
