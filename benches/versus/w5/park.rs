//! Two plain threads that put themselves to sleep and wake each other: a reference, and no peer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use super::{Peer, Trips};
use crate::bed::Places;

pub(super) struct Threads;

/// What both see: how many pings and how many pongs were sent.
#[derive(Debug, Default)]
struct Board {
    pings: AtomicU64,
    pongs: AtomicU64,
}

/// The last ping: there is none behind it.
const OVER: u64 = u64::MAX;

impl Peer for Threads {
    async fn start(_: &Places, mut trips: Trips, _: Option<Duration>) -> Result<(), String> {
        let board = Arc::new(Board::default());
        thread::spawn(move || {
            let (shared, pinging) = (board.clone(), thread::current());
            let echoing = thread::spawn(move || echo(&shared, &pinging));
            loop {
                let number = trips.ping() + 1;
                board.pings.store(number, SeqCst);
                echoing.thread().unpark();
                let pong = wait_for(&board.pongs, number);
                if !trips.pong(pong - 1) {
                    board.pings.store(OVER, SeqCst);
                    echoing.thread().unpark();
                    return;
                }
            }
        });
        Ok(())
    }
}

fn echo(board: &Board, pinging: &thread::Thread) {
    let mut next = 1;
    loop {
        let ping = wait_for(&board.pings, next);
        if ping == OVER {
            return;
        }
        board.pongs.store(ping, SeqCst);
        pinging.unpark();
        next = ping + 1;
    }
}

/// Sleeps until the number is at least this one.
fn wait_for(number: &AtomicU64, least: u64) -> u64 {
    loop {
        let seen = number.load(SeqCst);
        if seen >= least {
            return seen;
        }
        thread::park();
    }
}
