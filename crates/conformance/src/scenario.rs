//! What is read: a consumer, the producers that will register with it, and what happens.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;

/// One line of input.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Scenario {
    /// What the result is called by.
    pub(crate) id: String,
    /// The kind of consumer.
    pub(crate) kind: String,
    /// How it is made.
    #[serde(default)]
    pub(crate) options: Options,
    /// What producers do when they are called; who is not in here only records.
    #[serde(default)]
    pub(crate) producers: BTreeMap<String, Script>,
    /// What happens, one after the other.
    pub(crate) events: Vec<Event>,
}

/// How the consumer of a scenario is made; each kind looks at its own.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Options {
    /// The high mark in bytes; 64 KiB by default.
    pub(crate) buffer_size: Option<u64>,
    /// The most that the kernel is given at once.
    pub(crate) send_limit: Option<u64>,
    /// Whether there is a connection yet.
    pub(crate) connected: Option<bool>,
    /// Whether the data connection is made.
    pub(crate) dtp_connected: Option<bool>,
    /// Whether the recorder tells its protocol when it is closed.
    #[serde(default)]
    pub(crate) with_disconnection: bool,
    /// Whether the recorder may be paused after it was closed.
    #[serde(default)]
    pub(crate) lenient: bool,
    /// Whether the proxy is pushed by its consumer, or asks for itself.
    pub(crate) i_am_streaming: Option<bool>,
    /// How much of one write a proxy passes on at most.
    pub(crate) write_limit: Option<u64>,
    /// What a chunked encoder writes to.
    pub(crate) transport: Option<String>,
    /// The length that is enforced.
    pub(crate) length: Option<u64>,
    /// How a loopback delivers.
    pub(crate) policy: Option<String>,
    /// Whether unregistering ends an adapter.
    pub(crate) cooperative: Option<bool>,
    /// The length of the file that is sent.
    #[serde(default)]
    pub(crate) file_size: u64,
    /// Whether the file is open, and written by the producers of the scenario.
    #[serde(default)]
    pub(crate) manual: bool,
    /// Faults of the file system.
    #[serde(default)]
    pub(crate) open_fails: bool,
    /// See [`open_fails`](Self::open_fails).
    #[serde(default)]
    pub(crate) write_fails: bool,
    /// See [`open_fails`](Self::open_fails).
    #[serde(default)]
    pub(crate) rename_fails: bool,
}

/// What a producer does at its first, second, … call of a kind.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Script {
    /// When it is resumed.
    #[serde(default)]
    pub(crate) on_resume: VecDeque<Vec<Event>>,
    /// When it is paused.
    #[serde(default)]
    pub(crate) on_pause: VecDeque<Vec<Event>>,
    /// When it is stopped.
    #[serde(default)]
    pub(crate) on_stop: VecDeque<Vec<Event>>,
    /// The last list runs again each time.
    #[serde(default)]
    pub(crate) repeat: bool,
}

/// One thing that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the format is described where the traces are")]
pub(crate) enum Event {
    Register {
        #[serde(default = "first_producer")]
        producer: String,
        #[serde(default = "yes")]
        streaming: bool,
    },
    Unregister,
    Write {
        n: u64,
    },
    WriteSeq {
        ns: Vec<u64>,
    },
    Pause,
    Resume,
    Stop,
    Lose,
    Abort,
    Finish,
    StopConsuming,
    Tick,
    Drain {
        n: Option<u64>,
    },
    Read {
        n: u64,
    },
    Lost,
    HalfClose,
    Error,
    NoMore,
    Start,
    StopStreaming,
    RegisterConsumer,
    SendNextPage,
    StillPaging,
}

fn first_producer() -> String {
    "p1".to_owned()
}

const fn yes() -> bool {
    true
}
