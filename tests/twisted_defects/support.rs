//! A careless producer, a consumer with a tap, and peers that read when a test wants it.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    convert::Infallible,
    rc::Rc,
    task::Waker,
    time::Duration,
};

use actix::prelude::*;
use aqueduct::{
    actors::ActorError,
    endpoints::TcpConnection,
    link::{ByteCount, Reasons, Stopped},
    prelude::{
        Batch, Bytes, Consumed, Consumer, Ctx, Demand, End, Flow, Next, Outbox, Outlet, Pause,
        PullProducer, PushProducer, Resume, Stop, Tcp, Watermarks, WriteError, attach_outlet,
    },
};
use tokio::{io::AsyncReadExt, net::TcpStream};

/// After this time a test that has not ended is taken to hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test on an arbiter of its own; a hang becomes a failure.
pub(crate) fn system<F: Future>(test: F) -> F::Output {
    System::new().block_on(async {
        let Ok(output) = tokio::time::timeout(PATIENCE, test).await else { panic!("it hangs") };
        output
    })
}

/// Lets the others work until this holds.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

/// Lets every task that can run have several turns.
pub(crate) async fn let_others_run() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Marks in bytes with a low mark of 0, as Twisted's consumers have it.
pub(crate) fn marks(high: u64, capacity: u64) -> Watermarks<ByteCount> {
    Watermarks::bytes_within(0, high, capacity).unwrap()
}

/// What happened, in order, for all who write it down.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<&'static str>>>);

impl Log {
    pub(crate) fn add(&self, what: &'static str) {
        self.0.borrow_mut().push(what);
    }

    pub(crate) fn lines(&self) -> Vec<&'static str> {
        self.0.borrow().clone()
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.0.borrow().iter().filter(|line| **line == what).count()
    }

    pub(crate) fn has(&self, what: &str) -> bool {
        self.count(what) > 0
    }
}

/// How a producer leaves when it has written all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    Finish,
    Unregister,
}

/// How many chunks a careless producer writes behind a pause.
const BEYOND: usize = 2;

/// A push producer that is a plain actor, heeds a pause some writes too late, and writes down what
/// it is told.
pub(crate) struct Careless {
    outlet: Outlet<Bytes>,
    left: VecDeque<Bytes>,
    leave: Leave,
    log: Log,
}

impl Careless {
    pub(crate) fn start(
        outlet: Outlet<Bytes>,
        chunks: impl IntoIterator<Item = Bytes>,
        leave: Leave,
        log: &Log,
    ) -> Addr<Self> {
        let left = chunks.into_iter().collect();
        Self { outlet, left, leave, log: log.clone() }.start()
    }

    fn write_on(&mut self) {
        let mut beyond = BEYOND;
        while let Some(chunk) = self.left.pop_front() {
            match self.outlet.write(chunk) {
                Ok(Flow::Go) => {}
                Ok(Flow::Paused) if beyond > 0 => beyond -= 1,
                Ok(Flow::Paused) => break,
                Err(WriteError::Full(chunk)) => return self.left.push_front(chunk),
                Err(WriteError::Closed(_)) => return,
            }
        }
        if self.left.is_empty() && !self.outlet.is_closed() {
            match self.leave {
                Leave::Finish => self.outlet.finish(),
                Leave::Unregister => self.outlet.unregister(),
            }
            self.log.add("left");
        }
    }
}

impl Actor for Careless {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        attach_outlet(ctx, |me: &mut Self| &mut me.outlet);
        self.write_on();
    }
}

impl Handler<Pause> for Careless {
    type Result = ();

    fn handle(&mut self, _: Pause, _: &mut Context<Self>) {
        self.log.add("pause");
    }
}

impl Handler<Resume> for Careless {
    type Result = ();

    fn handle(&mut self, _: Resume, _: &mut Context<Self>) {
        self.log.add("resume");
        self.write_on();
    }
}

impl Handler<Stop> for Careless {
    type Result = ();

    fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) {
        self.log.add("stop");
        ctx.stop();
    }
}

/// Leaves the present consumer, and goes on with the outlet that this makes.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct GoBy(pub(crate) Box<dyn FnOnce() -> Outlet<Bytes> + Send>);

impl Handler<GoBy> for Careless {
    type Result = ();

    fn handle(&mut self, way: GoBy, _: &mut Context<Self>) {
        self.outlet.unregister();
        self.log.add("another way");
        self.outlet = way.0();
        self.write_on();
    }
}

/// A producer by trait, of either kind, that writes these chunks one a call.
pub(crate) struct Chunks<I> {
    pub(crate) chunks: I,
    pub(crate) log: Log,
}

impl<I: Iterator<Item = Bytes>> Chunks<I> {
    fn give(&mut self, out: &mut Outbox<'_, Bytes>) -> Next {
        self.log.add("called");
        let Some(chunk) = self.chunks.next() else { return Next::Done };
        out.extend([chunk]);
        Next::More
    }
}

impl<I: Iterator<Item = Bytes> + 'static> PullProducer for Chunks<I> {
    type Item = Bytes;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        Ok(self.give(out))
    }

    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        self.log.add("stop");
    }
}

impl<I: Iterator<Item = Bytes> + 'static> PushProducer for Chunks<I> {
    type Item = Bytes;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        Ok(self.give(out))
    }

    fn paused(&mut self, _: Reasons, _: &mut Ctx<'_, Self>) {
        self.log.add("pause");
    }

    fn resumed(&mut self, _: &mut Ctx<'_, Self>) {
        self.log.add("resume");
    }

    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        self.log.add("stop");
    }
}

/// A consumer that keeps what it takes, and takes nothing while its tap is closed.
#[derive(Clone, Default)]
pub(crate) struct Basin(Rc<Kept>);

#[derive(Default)]
struct Kept {
    open: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    bytes: RefCell<Vec<u8>>,
    /// How many times it was given something.
    turns: Cell<usize>,
    end: RefCell<Option<End>>,
}

impl Basin {
    pub(crate) fn closed() -> Self {
        Self::default()
    }

    pub(crate) fn open() -> Self {
        let basin = Self::default();
        basin.0.open.set(true);
        basin
    }

    pub(crate) fn open_tap(&self) {
        self.0.open.set(true);
        self.0.waker.take().into_iter().for_each(Waker::wake);
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.bytes.borrow().clone()
    }

    pub(crate) fn turns(&self) -> usize {
        self.0.turns.get()
    }

    pub(crate) fn ending(&self) -> Option<End> {
        self.0.end.borrow().clone()
    }
}

impl Consumer for Basin {
    type Item = Bytes;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        if !self.0.open.get() {
            self.0.waker.replace(Some(ctx.waker().clone()));
            return Ok(Consumed::Wait);
        }
        self.0.turns.update(|turns| turns + 1);
        while let Some(chunk) = batch.next() {
            assert!(self.ending().is_none(), "the end overtook {chunk:?}");
            self.0.bytes.borrow_mut().extend_from_slice(chunk);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        assert!(self.0.end.replace(Some(end.clone())).is_none(), "the end is told once");
        Ok(Consumed::Done)
    }
}

/// A connection to a peer that a test plays by hand, whose buffer is small.
pub(crate) async fn with_peer() -> (TcpConnection, TcpStream) {
    let listening = Tcp::listen("127.0.0.1:0").await.unwrap();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let peer = socket.connect(listening.local_addr()).await.unwrap();
    (listening.accept().await.unwrap(), peer)
}

/// Reads little by little until the end.
pub(crate) async fn read_slowly(mut peer: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match peer.read(&mut piece).await.unwrap() {
            0 => return all,
            bytes => all.extend_from_slice(&piece[..bytes]),
        }
        tokio::task::yield_now().await;
    }
}

/// Bytes that differ from place to place, so that a hole, a swap or a repetition is seen.
pub(crate) fn water(bytes: usize) -> Bytes {
    (0..bytes).map(|at| (at * 31 + at / 256 * 7 + at / 65_536) as u8).collect()
}

/// These bytes in chunks of 64 KiB, behind a short one.
pub(crate) fn in_chunks(head: &'static str, body: &Bytes) -> Vec<Bytes> {
    let chunks = (0..body.len()).step_by(65_536);
    let body = chunks.map(|at| body.slice(at..body.len().min(at + 65_536)));
    [Bytes::from(head)].into_iter().chain(body).collect()
}

/// Writes down when this actor has failed, as soon as that can be known.
pub(crate) fn log_failure<B: 'static>(actor: aqueduct::actors::Running<B>, log: &Log) {
    let log = log.clone();
    actix_rt::spawn(async move {
        let failed: Result<_, ActorError> = actor.finished().await;
        failed.unwrap_err();
        log.add("failed");
    });
}
