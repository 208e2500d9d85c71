//! What surrounds the consumer: producers, the bytes that are offered, and what was seen.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::scenario::{Event, Script};

/// The bytes that are offered count up to this and begin again, so that a hash of what came out
/// shows what is missing.
const PATTERN: u64 = 251;

/// Something that was seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "e", rename_all = "snake_case")]
pub(crate) enum Effect {
    Call { p: String, m: Call },
    Emit { n: u64 },
    Down(Down),
    Deliver { to: &'static str, n: u64 },
    Raise(Raised),
    Closed { to: &'static str, reason: Reason },
    Socket { m: &'static str },
    Noop { why: &'static str },
    Deferred(Fired),
    Errback(Raised),
    File { m: &'static str },
    Result { value: bool },
    Callback,
}

/// A call of a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Resume,
    Pause,
    Stop,
}

/// A call of the consumer behind this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "m", rename_all = "camelCase")]
pub(crate) enum Down {
    Register {
        streaming: bool,
    },
    Unregister,
    Write {
        n: u64,
    },
    Finish,
    RegisterPageProducer,
    #[serde(rename = "callRemote:gotPage")]
    GotPage,
    #[serde(rename = "callRemote:endedPaging")]
    EndedPaging,
}

/// How something that was waited for came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "m", rename_all = "snake_case")]
pub(crate) enum Fired {
    Done,
    Failed {
        #[serde(rename = "type")]
        kind: &'static str,
    },
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Reason {
    #[serde(rename = "ConnectionDone")]
    Done,
    #[serde(rename = "ConnectionLost")]
    Lost,
    #[serde(rename = "ConnectionAborted")]
    Aborted,
}

impl Reason {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "ConnectionDone",
            Self::Lost => "ConnectionLost",
            Self::Aborted => "ConnectionAborted",
        }
    }
}

/// An error that an event was answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Raised {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) msg: String,
}

impl Raised {
    pub(crate) fn new(kind: &'static str, msg: impl Into<String>) -> Self {
        Self { kind, msg: msg.into() }
    }
}

/// What surrounds the consumer of one scenario.
#[derive(Debug, Default)]
pub(crate) struct World {
    producers: BTreeMap<String, Script>,
    /// What producers do about the calls that they got, in the order of the calls.
    waiting: VecDeque<Vec<Event>>,
    seen: Vec<Effect>,
    offered: u64,
    came_out: u64,
    hash: Sha256,
}

impl World {
    pub(crate) fn new(producers: BTreeMap<String, Script>) -> Self {
        Self { producers, ..Self::default() }
    }

    pub(crate) fn saw(&mut self, effect: Effect) {
        self.seen.push(effect);
    }

    pub(crate) fn noop(&mut self, why: &'static str) {
        self.saw(Effect::Noop { why });
    }

    /// Calls a producer; what it does about that is done after the event.
    pub(crate) fn call(&mut self, producer: &str, call: Call) {
        self.saw(Effect::Call { p: producer.to_owned(), m: call });
        let Some(script) = self.producers.get_mut(producer) else { return };
        let lists = match call {
            Call::Resume => &mut script.on_resume,
            Call::Pause => &mut script.on_pause,
            Call::Stop => &mut script.on_stop,
        };
        let again = script.repeat && lists.len() == 1;
        let list = if again { lists.front().cloned() } else { lists.pop_front() };
        self.waiting.extend(list);
    }

    /// The next `n` bytes that somebody offers.
    pub(crate) fn offer(&mut self, n: u64) -> Bytes {
        let from = self.offered;
        self.offered += n;
        // The remainder is less than 251.
        (from..from + n).map(|at| (at % PATTERN) as u8).collect()
    }

    /// These bytes have left for good.
    pub(crate) fn emit(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.count(bytes);
            self.saw(Effect::Emit { n: bytes.len() as u64 });
        }
    }

    /// These bytes went to the consumer behind this one.
    pub(crate) fn pass_down(&mut self, bytes: &[u8]) {
        self.saw(Effect::Down(Down::Write { n: bytes.len() as u64 }));
        self.count(bytes);
    }

    /// Counts bytes that came out.
    pub(crate) fn count(&mut self, bytes: &[u8]) {
        self.came_out += bytes.len() as u64;
        self.hash.update(bytes);
    }

    pub(crate) fn next_script(&mut self) -> Option<Vec<Event>> {
        self.waiting.pop_front()
    }

    pub(crate) fn forget_scripts(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn take_seen(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.seen)
    }

    /// How many bytes came out, and their SHA-256.
    pub(crate) fn account(&self) -> (u64, String) {
        let digest = self.hash.clone().finalize();
        (self.came_out, digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
