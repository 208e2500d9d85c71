//! The two ends of a connection on loopback, both blocking and both on core 0.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use rustix::net::{
    RecvFlags, recv,
    sockopt::{Timeout, set_socket_timeout},
};

use super::{
    child::{Child, pin},
    pattern::Pattern,
};
use crate::contest::Failed;

/// How long an end waits for the other side before it gives up: a process that starts needs a
/// second at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is tried to connect to a process that starts.
const TRY: Duration = Duration::from_millis(5);

/// The most that is received at once.
const RECEIVE: usize = 1 << 20;

/// Where the ends run.
const CORE: usize = 0;

/// How the far end looks at what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Each byte is compared, which takes the far end longer than most take to bring it.
    AtEachByte,
    /// Bytes are counted, and the kernel drops them (`MSG_TRUNC`), so that the far end is no limit.
    AtTheCount,
}

/// Where a process is to be found on loopback.
pub(super) fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Returns a port that nobody uses, for a process that must be told where to listen.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(address(0))?.local_addr()?.port())
}

/// The far end.
#[derive(Debug)]
pub(super) struct Sink(TcpListener);

impl Sink {
    /// Listens on a port of the kernel's choice.
    pub(super) fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind(address(0))?;
        set_socket_timeout(&listener, Timeout::Recv, Some(PATIENCE))?;
        Ok(Self(listener))
    }

    /// Where it listens.
    pub(super) fn port(&self) -> io::Result<u16> {
        Ok(self.0.local_addr()?.port())
    }

    /// Accepts the peer.
    pub(super) fn accept(&self) -> Result<TcpStream, Failed> {
        match self.0.accept() {
            Ok((stream, _)) => limited(stream).map_err(Failed::from),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                Err(format!("nobody connected within {PATIENCE:?}").into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Connects to a process that may not listen yet.
pub(super) fn connect(port: u16, to: &Child) -> Result<TcpStream, Failed> {
    let until = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address(port)) {
            // Where nobody listens, the kernel may choose the same port for this end, and connect
            // it to itself.
            Ok(stream) if stream.local_addr()?.port() == port => {}
            Ok(stream) => return Ok(limited(stream)?),
            Err(error) if error.kind() != ErrorKind::ConnectionRefused => return Err(error.into()),
            Err(_) if to.has_ended()? => return Err(to.failed()),
            Err(_) if Instant::now() > until => {
                return Err(format!("nobody listened within {PATIENCE:?}").into());
            }
            Err(_) => {}
        }
        thread::sleep(TRY);
    }
}

fn limited(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends so many bytes of the pattern, and that this is all.
pub(super) fn send(mut stream: &TcpStream, pattern: &Pattern, bytes: u64) -> Result<(), Failed> {
    pin(CORE)?;
    pattern.write(&mut stream, bytes)?;
    Ok(stream.shutdown(Shutdown::Write)?)
}

/// Receives to the end, which must come after so many bytes; returns when it came.
pub(super) fn receive(
    stream: &TcpStream,
    pattern: &Pattern,
    bytes: u64,
    look: Look,
) -> Result<Instant, Failed> {
    pin(CORE)?;
    let drop_them = look == Look::AtTheCount;
    let flags = if drop_them { RecvFlags::TRUNC } else { RecvFlags::empty() };
    let mut buffer = vec![0; RECEIVE];
    let mut offset = 0;
    loop {
        let some = match recv(stream, &mut buffer[..], flags) {
            Ok((_, some)) => some,
            Err(rustix::io::Errno::AGAIN) => {
                return Err(format!("after byte {offset} nothing came for {PATIENCE:?}").into());
            }
            Err(error) => return Err(io::Error::from(error).into()),
        };
        if some == 0 {
            break;
        }
        if !drop_them && !pattern.is_at(offset, &buffer[..some]) {
            return Err(format!("other bytes came after byte {offset}").into());
        }
        offset += some as u64;
    }
    let end = Instant::now();
    if offset == bytes { Ok(end) } else { Err(format!("{offset} bytes of {bytes} came").into()) }
}
