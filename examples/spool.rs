//! A spool that is shipped to a log: a message leaves the spool when it is in the log, and not
//! before. The program kills the one that ships, again and again, and counts what arrived.
//!
//! ```sh
//! cargo run --release --example spool
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    collections::VecDeque,
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use aqueduct::prelude::*;

const MESSAGES: u32 = 4_000;
const KILLS: u32 = 10;

/// The messages of a folder, a file each, in the order of their names.
struct Spool {
    waiting: VecDeque<PathBuf>,
    shipped: VecDeque<PathBuf>,
    forgotten: u64,
}

impl Spool {
    fn open(folder: &Path) -> io::Result<Self> {
        let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
        let mut waiting = files.collect::<io::Result<Vec<_>>>()?;
        waiting.sort();
        Ok(Self { waiting: waiting.into(), shipped: VecDeque::new(), forgotten: 0 })
    }
}

impl PullProducer for Spool {
    type Item = String;
    type Error = io::Error;

    const WANTS_ACKNOWLEDGEMENTS: bool = true;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, String>,
        _: &mut Ctx<'_, Self>,
    ) -> io::Result<Next> {
        for _ in 0..wanted.items() {
            let Some(path) = self.waiting.pop_front() else { return Ok(Next::Done) };
            out.extend([fs::read_to_string(&path)?]);
            self.shipped.push_back(path);
        }
        Ok(Next::More)
    }

    /// All that came of the first `items` messages is in the log: they may go.
    fn acknowledged(&mut self, items: u64, _: &mut Ctx<'_, Self>) {
        while self.forgotten < items
            && let Some(path) = self.shipped.pop_front()
        {
            self.forgotten += 1;
            // One that cannot be removed is shipped again the next time.
            let _ = fs::remove_file(path);
        }
    }
}

/// Ships what is in the spool, in batches.
fn ship(spool: PathBuf, log: PathBuf) -> Result<(), Box<dyn Error>> {
    whole_lines(&log)?;
    let pipeline = Pipeline::named("ship")
        .from(move || std::future::ready(Spool::open(&spool)))
        .filter("not empty", |message| !message.is_empty())
        .boundary(Watermarks::items(32, 64)?) // what may be under way, and so come twice
        .batch("batches", Batching::of(16))
        .map("lines", |messages: Vec<String>| Bytes::from(messages.join("\n") + "\n"))
        .to(File::append(log))
        .watermarks(Watermarks::bytes(kib(1), kib(2))?);
    actix::System::new().block_on(pipeline.run())?;
    Ok(())
}

/// Takes off the line that was being written when the last one was killed: it comes again.
fn whole_lines(log: &Path) -> io::Result<()> {
    let Ok(text) = fs::read(log) else { return Ok(()) };
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    fs::File::options().write(true).open(log)?.set_len(end as u64)
}

fn main() -> Result<(), Box<dyn Error>> {
    if let [_, spool, log] = &env::args_os().collect::<Vec<_>>()[..] {
        return ship(spool.into(), log.into());
    }
    let folder = tempfile::tempdir()?;
    let (spool, log) = (folder.path().join("spool"), folder.path().join("log"));
    fs::create_dir(&spool)?;
    for n in 0..MESSAGES {
        fs::write(spool.join(format!("{n:05}")), format!("message {n}"))?;
    }
    let start =
        || -> io::Result<Child> { Command::new(env::current_exe()?).args([&spool, &log]).spawn() };
    let left = || -> io::Result<usize> { Ok(fs::read_dir(&spool)?.count()) };

    for kill in 1..=KILLS {
        let mut shipping = start()?;
        // Killed as soon as it has shipped its part of what there was.
        while left()? > (MESSAGES - kill * (MESSAGES / (KILLS + 1))) as usize
            && shipping.try_wait()?.is_none()
        {}
        shipping.kill()?; // SIGKILL: it can do nothing about it
        shipping.wait()?;
    }
    start()?.wait()?;

    let log = fs::read_to_string(&log)?;
    let lost = (0..MESSAGES).filter(|n| !log.contains(&format!("message {n}\n"))).count();
    let twice = log.lines().count() - (MESSAGES as usize - lost);
    println!("{MESSAGES} messages, killed {KILLS} times: {lost} lost, {twice} came again");
    println!("{} are left in the spool", left()?);
    assert_eq!((lost, left()?), (0, 0));
    Ok(())
}
