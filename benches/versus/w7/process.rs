//! Mode `process`: a relay in a process of its own, between two connections.

use std::{
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use super::{
    GB, MB, MIB,
    child::{Child, Work, on_a_thread},
    net::{Look, Sink, address, connect, free_port, receive, send},
    pattern::Pattern,
    scratch::Scratch,
};
use crate::contest::{Failed, Run};

/// Where a relay listens, and where it connects to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) listen: u16,
    pub(super) target: u16,
}

/// Says how to start a relay.
pub(super) type Relay = fn(&Scratch, Route) -> Result<Work, Failed>;

/// Of what is measured, the part that is sent before, and looked at byte by byte.
const LOOKED_AT: u64 = 8;

/// What a pass took.
struct Took {
    wall: Duration,
    /// Seconds of a core.
    cpu: f64,
}

impl Took {
    fn figures(&self, bytes: u64) -> Vec<f64> {
        let bytes = bytes as f64;
        vec![bytes / MB / self.wall.as_secs_f64(), self.cpu / (bytes / GB)]
    }
}

/// Sends so many MiB through a relay.
pub(super) fn through(relay: Relay, mib: u64) -> Run {
    on_a_thread(move || {
        let pattern = Pattern::new();
        pass(relay, &pattern, mib.div_ceil(LOOKED_AT) * MIB, Look::AtEachByte)?;
        let bytes = mib * MIB;
        Ok(pass(relay, &pattern, bytes, Look::AtTheCount)?.figures(bytes))
    })
}

/// Sends so many MiB without a relay: what the two ends can do.
pub(super) fn direct(mib: u64) -> Run {
    on_a_thread(move || {
        let pattern = Pattern::new();
        let sink = Sink::listen()?;
        let near = TcpStream::connect(address(sink.port()?))?;
        let far = sink.accept()?;
        let wall = send_and_receive(&near, far, &pattern, mib * MIB, Look::AtTheCount)?;
        Ok(Took { wall, cpu: 0.0 }.figures(mib * MIB))
    })
}

/// Starts a relay, and sends through it.
///
/// The clock runs from when both connections are made until the far end has seen the end.
fn pass(relay: Relay, pattern: &Pattern, bytes: u64, look: Look) -> Result<Took, Failed> {
    let scratch = Scratch::with_room(0)?;
    let sink = Sink::listen()?;
    let route = Route { listen: free_port()?, target: sink.port()? };
    let child = Child::start(relay(&scratch, route)?, &scratch)?;
    let near = connect(route.listen, &child)?;
    let far = sink.accept()?;
    let before = child.cpu()?;
    let wall = send_and_receive(&near, far, pattern, bytes, look)?;
    Ok(Took { wall, cpu: child.cpu()? - before })
}

fn send_and_receive(
    near: &TcpStream,
    far: TcpStream,
    pattern: &Pattern,
    bytes: u64,
    look: Look,
) -> Result<Duration, Failed> {
    thread::scope(|scope| {
        let began = Instant::now();
        let received = scope.spawn(move || receive(&far, pattern, bytes, look));
        let sent = send(near, pattern, bytes);
        let received = received.join().map_err(|_| "the far end panicked")?;
        // What the far end says tells more, if both failed.
        let end = received?;
        sent?;
        Ok(end.duration_since(began))
    })
}
