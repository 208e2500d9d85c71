//! A whole pipeline, started and stopped again and again: what is left of it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Instant,
};

use actix::System;
use aqueduct::{pipeline::Assembled, prelude::*};
use aqueduct_soak::{Census, MOST_RISE, Random, Trend};
use tokio::sync::mpsc;

use crate::{
    Broken, args,
    outcome::Outcome,
    run::{base, settled},
    scratch::Scratch,
};

/// What goes through each time.
const BYTES: usize = 256 << 10;
/// Guards in one pipeline: one for each of its six stages.
const GUARDS: u64 = 6;

/// How many stages live.
#[derive(Clone, Default)]
struct Live(Arc<AtomicI64>);

/// Something that is in a stage, and is dropped with it.
struct Guard(Live);

impl Live {
    fn guard(&self) -> Guard {
        self.0.fetch_add(1, SeqCst);
        Guard(self.clone())
    }

    fn count(&self) -> i64 {
        self.0.load(SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

/// What all cycles have in common.
struct Bench {
    source: PathBuf,
    target: PathBuf,
    expected: Vec<u8>,
    live: Live,
}

impl Bench {
    fn in_folder(folder: &Path) -> Result<Self, Broken> {
        let mut random = Random::new(0x5eed);
        let bytes: Vec<u8> = (0..BYTES).map(|_| random.number() as u8).collect();
        let source = folder.join("source");
        fs::write(&source, &bytes)?;
        let expected = bytes.iter().map(|byte| byte ^ 0x55).collect();
        Ok(Self { source, target: folder.join("target"), expected, live: Live::default() })
    }

    /// The near end: file, transform, boundary to another arbiter, TCP.
    fn near(&self, address: String) -> Result<Assembled, Broken> {
        let [first, second, third, fourth] = std::array::from_fn(|_| self.live.guard());
        let source = self.source.clone();
        let open = move || {
            let _ = &first;
            File::open(&source)
        };
        let turn = move |chunk: Bytes| {
            let _ = &second;
            chunk.iter().map(|byte| byte ^ 0x55).collect::<Bytes>()
        };
        let connect = move || {
            let _ = &fourth;
            Tcp::connect(&address).consumer()
        };
        Ok(Pipeline::named("near")
            .from(open)
            .map("turn", turn)
            .boundary(Watermarks::bytes(kib(16), kib(64))?)
            .on("other")
            .tap("look", move |_| {
                let _ = &third;
            })
            .to(connect)
            .build()?)
    }

    /// The far end: TCP and a file; tells where it listens.
    fn far(&self, tell: mpsc::UnboundedSender<String>) -> Result<Assembled, Broken> {
        let [first, second] = std::array::from_fn(|_| self.live.guard());
        let accept = move || {
            let _ = &first;
            let tell = tell.clone();
            let listening = Tcp::accept("127.0.0.1:0");
            listening.listening(move |at| drop(tell.send(at.to_string()))).producer()
        };
        let target = self.target.clone();
        let create = move || {
            let _ = &second;
            File::create(&target)
        };
        Ok(Pipeline::named("far").from(accept).to(create).build()?)
    }

    /// Starts both ends, and waits for both.
    async fn cycle(&self) -> Result<(), Broken> {
        let (tell, mut told) = mpsc::unbounded_channel();
        let receiving = self.far(tell)?.start();
        let address = told.recv().await.ok_or("the far end does not listen")?;
        let sending = self.near(address)?.start();
        sending.finished().await?;
        receiving.finished().await?;
        if fs::read(&self.target)? != self.expected {
            return Err("what came differs from what was sent".into());
        }
        Ok(fs::remove_file(&self.target)?)
    }
}

pub(crate) fn check(args: &args::Cycles, short: bool) -> Result<Outcome, Broken> {
    let times = args.times.unwrap_or(if short { 50 } else { 1_000 });
    let folder = Scratch::new()?;
    let bench = Bench::in_folder(folder.path())?;
    let base = base(folder.path())?;
    let (began, mut memory) = (Instant::now(), Vec::new());
    System::new().block_on(async {
        for done in 1..=times {
            bench.cycle().await.map_err(|error| format!("cycle {done}: {error}"))?;
            memory.push((began.elapsed(), Census::take(folder.path())?.rss_bytes));
            if done.is_multiple_of((times / 10).max(1)) {
                let census = Census::take(folder.path())?;
                println!(
                    "{done} cycles, {:.1} s: {census}, {} stages live",
                    began.elapsed().as_secs_f64(),
                    bench.live.count()
                );
            }
        }
        Ok::<_, Broken>(())
    })?;
    let mut outcome = Outcome::default();
    let now = settled(folder.path(), &base)?;
    outcome.compare(&base, &now);
    let live = bench.live.count();
    println!("{times} times {GUARDS} stages made, {live} live; {BYTES} bytes each time, all right");
    outcome.figure("times", times);
    outcome.figure("live_stages", live);
    outcome.figure("seconds", began.elapsed().as_secs_f64());
    outcome.require(live == 0, || format!("{live} stages live on"));
    // The first cycles make what is made once: arenas, pools, the tables of actix.
    let warm = memory.len() / 5;
    // Nothing is in flight between two of them, so that no more is left to chance.
    outcome.judge(Trend::through(&memory[warm..]), |_| MOST_RISE as f64);
    Ok(outcome)
}
