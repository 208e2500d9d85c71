//! The kinds of consumer that scenarios are about.

mod adapter;
mod body;
mod connection;
mod files;
mod loopback;
mod proxy;
mod recorder;
mod transports;

use serde_json::{Map, Value};

use crate::{
    place::Over,
    scenario::{Event, Scenario},
    world::{Raised, World},
};

/// A consumer of one kind.
pub(crate) trait Kind {
    /// Does what the event says.
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised>;

    /// Tells in which state it is left.
    fn report(&self, end: &mut Final);
}

/// The state in which a scenario ends.
#[derive(Debug, Default)]
pub(crate) struct Final(pub(crate) Map<String, Value>);

impl Final {
    pub(crate) fn put(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }
}

/// The names of all kinds.
pub const KINDS: [&str; 13] = [
    "chunked-encoder",
    "file-consumer",
    "file-pager",
    "filedescriptor",
    "ftp-dtp",
    "ftp-sender",
    "length-enforcer",
    "loopback",
    "maildir-append",
    "protocol-adapter",
    "proxy",
    "pull-to-push",
    "stringtransport",
];

/// Makes the consumer of this scenario.
pub(crate) fn make(
    scenario: &Scenario,
    over: Over,
    world: &mut World,
) -> Result<Box<dyn Kind>, Raised> {
    let options = &scenario.options;
    Ok(match scenario.kind.as_str() {
        "chunked-encoder" => Box::new(body::Encoder::new(options, over)?),
        "file-consumer" => Box::new(files::File::new(over)?),
        "file-pager" => Box::new(files::Pager::new(options, over, world)?),
        "filedescriptor" => Box::new(transports::FileDescriptor::new(options, over)?),
        "ftp-dtp" => Box::new(transports::DataConnection::new(options, over)?),
        "ftp-sender" => Box::new(transports::Sender::new(options, over)?),
        "length-enforcer" => Box::new(body::Length::new(options, over, world)?),
        "loopback" => Box::new(loopback::Loopback::new(options, over)?),
        "maildir-append" => Box::new(files::Maildir::new(options, over, world)?),
        "protocol-adapter" => Box::new(adapter::Handler::new(over)?),
        "proxy" => Box::new(proxy::Proxy::new(options, over, world)?),
        "pull-to-push" => Box::new(adapter::PullToPush::new(options)?),
        "stringtransport" => Box::new(recorder::Recorder::new(options, over)?),
        other => {
            let known = KINDS.join(", ");
            return Err(Raised::new("UnknownKind", format!("no kind {other}: there are {known}")));
        }
    })
}

/// A kind that has no such event does nothing, and says so.
pub(crate) fn unknown<T: Default>(world: &mut World) -> Result<T, Raised> {
    world.noop("no-such-event");
    Ok(T::default())
}
