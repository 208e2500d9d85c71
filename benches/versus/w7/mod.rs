//! W7: bytes through programs, as users run them, each in a process of its own.
//!
//! | mode | |
//! |---|---|
//! | `process` | a relay between two TCP connections on loopback |
//! | `file-tcp` | a file in memory, sent to a connection on loopback |
//! | `file-file` | a file in memory, copied into another |
//!
//! The program that is measured runs on core 1, with all its threads; what sends to it and what
//! receives from it runs on core 0.
//! Measured is what arrived in a second, and what core 1 worked for it.
//! An item is a MiB.
//!
//! Before a run through TCP is measured, the same program brings bytes that are compared, each of
//! them; while it is measured, they are counted, and the receiving kernel drops them, so that the
//! far end is no limit. A copy of a file is compared after the clock has stopped.
//!
//! Where there is a connection, the clock runs from when it is made; where there is none, from the
//! start of the process to its end, and some milliseconds of it are those of the start.
//! Aqueduct syncs a file at its end and renames it; in memory, neither costs anything.
//!
//! Aqueduct runs with `user` as where it must look at the bytes, and with `kernel` as where it need
//! not. The peers are what is there for the same work, with buffers of 64 KiB where they can be set:
//!
//! | peer | |
//! |---|---|
//! | `direct` | no relay: what the two ends can do |
//! | `splice`, `blocking-loop`, `sendfile` | the smallest programs by these system calls |
//! | `copy-bidirectional`, `tokio-copy` | tokio's functions, on one thread and its pool for files |
//! | `haproxy`, `haproxy-splice`, `nginx`, `socat` | programs that relay, on one thread |
//! | `twisted` | Twisted's `portforward` and `FileSender` |
//! | `cat`, `cp`, `pv` | programs that copy |

pub(crate) mod child;
mod files;
mod installed;
mod net;
mod ours;
mod own;
mod pattern;
mod process;
pub(crate) mod scratch;

use std::io;

use crate::{
    bed::{Mode, Places},
    contest::{ANY, Api, Better, Contender, Failed, Measure, OURS, Run, Workload},
};
use ours::Way;

const MIB: u64 = 1 << 20;
const MB: f64 = 1e6;
const GB: f64 = 1e9;

/// Through the memory of the program.
const USER: Api = "user";
/// Inside the kernel.
const KERNEL: Api = "kernel";

const MEASURES: &[Measure] = &[
    Measure { unit: "MB/s", better: Better::More },
    Measure { unit: "cpu s/GB", better: Better::Less },
];

pub(crate) const PROCESS: Workload = Workload {
    name: "W7",
    measures: MEASURES,
    items: 2048,
    alone: false,
    modes: &[Mode::Process],
    contenders: &[
        aqueduct(USER, |_, mib| {
            ours::built(process::through(|s, r| ours::relay(s, r, Way::User), mib))
        }),
        aqueduct(KERNEL, |_, mib| {
            ours::built(process::through(|s, r| ours::relay(s, r, Way::Kernel), mib))
        }),
        peer("direct", |_, mib| process::direct(mib)),
        peer("splice", |_, mib| process::through(|_, route| Ok(own::splicing(route)), mib)),
        peer("blocking-loop", |_, mib| process::through(|_, route| Ok(own::blocking(route)), mib)),
        peer("copy-bidirectional", |_, mib| {
            process::through(|_, route| Ok(own::bidirectional(route)), mib)
        }),
        peer("haproxy", |_, mib| process::through(installed::haproxy, mib)),
        peer("haproxy-splice", |_, mib| process::through(installed::haproxy_splice, mib)),
        peer("nginx", |_, mib| process::through(installed::nginx, mib)),
        peer("socat", |_, mib| process::through(installed::socat, mib)),
        peer("twisted", |_, mib| process::through(installed::twisted, mib)),
    ],
};

pub(crate) const FILE_TCP: Workload = Workload {
    name: "W7",
    measures: MEASURES,
    items: 512,
    alone: false,
    modes: &[Mode::FileTcp],
    contenders: &[
        aqueduct(USER, |_, mib| {
            ours::built(files::sent(|s, f, t| ours::send(s, f, t, Way::User), mib))
        }),
        aqueduct(KERNEL, |_, mib| {
            ours::built(files::sent(|s, f, t| ours::send(s, f, t, Way::Kernel), mib))
        }),
        peer("sendfile", |_, mib| files::sent(|_, from, to| Ok(own::sending(from, to)), mib)),
        peer("tokio-copy", |_, mib| {
            files::sent(|_, from, to| Ok(own::copying_to_peer(from, to)), mib)
        }),
        peer("twisted", |_, mib| files::sent(installed::file_sender, mib)),
    ],
};

pub(crate) const FILE_FILE: Workload = Workload {
    name: "W7",
    measures: MEASURES,
    items: 512,
    alone: false,
    modes: &[Mode::FileFile],
    contenders: &[
        aqueduct(USER, |_, mib| {
            ours::built(files::copied(|s, f, t| ours::copy(s, f, t, Way::User), mib))
        }),
        aqueduct(KERNEL, |_, mib| {
            ours::built(files::copied(|s, f, t| ours::copy(s, f, t, Way::Kernel), mib))
        }),
        peer("cat", |_, mib| files::copied(installed::cat, mib)),
        peer("cp", |_, mib| files::copied(installed::cp, mib)),
        peer("pv", |_, mib| files::copied(installed::pv, mib)),
        peer("tokio-copy", |_, mib| {
            files::copied(|_, from, to| Ok(own::copying_to_file(from, to)), mib)
        }),
    ],
};

const fn aqueduct(api: Api, run: fn(Places, u64) -> Run) -> Contender {
    Contender { name: OURS, api, run }
}

const fn peer(name: &'static str, run: fn(Places, u64) -> Run) -> Contender {
    Contender { name, api: ANY, run }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Wrong(error.to_string())
    }
}
