//! What goes wrong at the edge of the process, with the thing, the place and the remedy.

use std::{fmt, io};

/// What an endpoint was about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// To open something for reading.
    Open,
    /// To make something, or to open it for writing.
    Create,
    /// To read.
    Read,
    /// To write.
    Write,
    /// To have the disk keep what was written.
    Sync,
    /// To give a file its final name.
    Publish,
    /// To connect to a peer.
    Connect,
    /// To listen for peers.
    Listen,
    /// To accept a peer.
    Accept,
    /// To tell a peer that this was all.
    Close,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Create => "create",
            Self::Read => "read from",
            Self::Write => "write to",
            Self::Sync => "save",
            Self::Publish => "give its final name to",
            Self::Connect => "connect to",
            Self::Listen => "listen on",
            Self::Accept => "accept a connection on",
            Self::Close => "close",
        })
    }
}

/// An operation of an endpoint that the system refused.
///
/// It is told as one paragraph: what could not be done to what, at which byte, why, and what to do
/// about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {endpoint}{}: {source}; {}", At(*.offset), self.remedy())]
pub struct EndpointError {
    endpoint: String,
    action: Action,
    offset: u64,
    source: io::Error,
}

impl EndpointError {
    /// Returns an error about this endpoint (`file /a/b`, `tcp 1.2.3.4:9000`, `stdin`).
    ///
    /// The offset is how many bytes went well before.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        action: Action,
        offset: u64,
        source: io::Error,
    ) -> Self {
        Self { endpoint: endpoint.into(), action, offset, source }
    }

    /// The thing, by kind and name.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What was to be done.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// How many bytes went well before, counted from the start of the file or connection.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The kind of the system's error.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Returns whether the reader of what is written has gone: for `stdout` in a shell pipeline,
    /// the usual way to end.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        self.kind() == io::ErrorKind::BrokenPipe
    }

    /// What can be done about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        remedy(self.action, &self.source)
    }
}

/// Too many open files, in the process or in the system; the same numbers on every Unix.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

fn remedy(action: Action, source: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    if matches!(source.raw_os_error(), Some(EMFILE | ENFILE)) {
        return "close some files or connections, or raise the limit of open files (`ulimit -n`)";
    }
    match (source.kind(), action) {
        (Kind::NotFound, Action::Connect | Action::Listen) => {
            "check the name of the host, and that it can be resolved"
        }
        (Kind::NotFound, Action::Create) => "check the path, and create its directory first",
        (Kind::NotFound, _) => "check the path, or create the file first",
        (Kind::NotADirectory, _) => "check the path: what it names as a directory is a file",
        (Kind::PermissionDenied, Action::Listen) => {
            "take a port above 1023, or run as a user who may use this one"
        }
        (Kind::PermissionDenied, Action::Create | Action::Publish) => {
            "check that this user may write to the directory and to the file"
        }
        (Kind::PermissionDenied, _) => "check that this user may read it",
        (Kind::ReadOnlyFilesystem, _) => "write to a file system that is not read-only",
        (Kind::IsADirectory, _) => "name a file in this directory",
        (Kind::StorageFull, _) => "free some space on the device, or write to another",
        (Kind::QuotaExceeded, _) => "free some space, or have the quota raised",
        (Kind::FileTooLarge, _) => "raise the limit of file sizes, or write to several files",
        (Kind::InvalidFilename, _) => "take a shorter name without special characters",
        (Kind::Unsupported, _) => {
            "name a regular file, or say that special files are allowed (`allow_special`)"
        }
        (Kind::NotSeekable, _) => "read it from its beginning: it has no offsets",
        (Kind::ConnectionRefused, _) => {
            "check the port, and that the peer listens before it is connected to"
        }
        (Kind::AddrInUse, _) => "take another port, or stop the program that has this one",
        (Kind::AddrNotAvailable, _) => "take an address of this machine, or 0.0.0.0 for all",
        (Kind::InvalidInput, Action::Connect | Action::Listen) => {
            "give an address as host:port, such as 127.0.0.1:9000"
        }
        (Kind::ConnectionReset | Kind::ConnectionAborted, Action::Read) => {
            "the peer gave up before its end, so that what came is not all: ask the peer again"
        }
        (Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe, Action::Write) => {
            "the reader has gone: see why it left early, and send it again"
        }
        (Kind::TimedOut, _) => "check that the peer is up, and that no firewall drops packets",
        (Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown, _) => {
            "check the address and the network between"
        }
        (Kind::UnexpectedEof, Action::Read) => {
            "it became shorter while it was read: copy it again when nobody writes to it"
        }
        (Kind::ResourceBusy, _) => "let go of the other use of it first",
        (Kind::WriteZero, _) => "see what the device is, for it takes no bytes",
        (_, Action::Read | Action::Write | Action::Sync) => {
            "see whether the device or the connection is in order, and try again"
        }
        _ => "see what the system says, and try again",
    }
}

/// A place, where there is more to it than the beginning.
struct At(u64);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            offset => write!(f, " at byte {offset}"),
        }
    }
}
