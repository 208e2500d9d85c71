//! W4: ten thousand links with little traffic.
//!
//! Each has [`PLACES`] places, a producer and a consumer of its own, and gets its share of the
//! items, [`BURST`] at a time: then all others have their turn.
//! On two arbiters, all producers are on the one and all consumers on the other.
//!
//! The second figure is what a link costs while nothing happens, with both of its ends: what the
//! memory of the process grew by while they were built, and had come to rest.

mod share;

use std::time::{Duration, Instant};

use aqueduct::link::Watermarks;

use crate::{
    alone::resident,
    bed::{Mode, Places, build},
    contest::{ANY, Better, Contender, Measure, NS_ITEM, OURS, Run, Workload},
    oneway::{ByItem, Credit, Kameo, Numbers, Peer, Shape, Start, Tasks, Tokio},
};
use share::{All, Share};

/// How many links there are, unless there are fewer items.
const LINKS: u64 = 10_000;

/// The bound of each.
const PLACES: u64 = 16;

/// Items that a producer sends before the others have their turn.
const BURST: u64 = 10;

/// How long the links rest before their memory is measured.
const REST: Duration = Duration::from_millis(300);

pub(crate) const W4: Workload = Workload {
    name: "W4",
    measures: &[NS_ITEM, Measure { unit: "bytes/link", better: Better::Less }],
    items: 2_000_000,
    alone: true,
    modes: &[Mode::Same, Mode::Cross],
    contenders: &[
        Contender { name: OURS, api: ANY, run: run::<ByItem> },
        Contender { name: "tokio-mpsc", api: ANY, run: run::<Tasks<Tokio>> },
        Contender { name: "actix-credit", api: ANY, run: run::<Credit> },
        Contender { name: "kameo", api: ANY, run: run::<Kameo> },
    ],
};

fn run<P: Peer>(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let links = LINKS.min(items);
        let each = items / links;
        let (all, finished) = All::new(links);
        let before = resident()?;
        let starts = links_of::<P>(&places, links, each, &all).await?;
        tokio::time::sleep(REST).await;
        let memory = (resident()? - before) / links as f64;
        let began = Instant::now();
        starts.into_iter().for_each(|start| start());
        let ended = finished.await.map_err(|_| "a consumer died".to_owned())?;
        all.verify()?;
        let took = ended.duration_since(began).as_secs_f64();
        Ok(vec![took * 1e9 / (links * each) as f64, memory])
    })
}

/// Builds all links, whose producers wait for their start.
async fn links_of<P: Peer>(
    places: &Places,
    links: u64,
    each: u64,
    all: &All,
) -> Result<Vec<Start>, String> {
    let marks = Watermarks::items_within(PLACES / 2, PLACES, PLACES);
    let marks = marks.map_err(|error| error.to_string())?.into();
    let shape = Shape { bound: PLACES, marks, burst: BURST };
    let all = all.clone();
    let ways = build(&places.consumer, move || {
        let sinks = (0..links).map(|_| Share::new(each, all.clone()));
        sinks.map(|sink| P::consume(shape, sink)).collect::<Result<Vec<_>, _>>()
    });
    let ways = ways.await??;
    build(&places.producer, move || {
        let numbers = || Numbers::until(each);
        ways.into_iter().map(|way| P::produce::<_, Share>(way, shape, numbers())).collect()
    })
    .await
}
