//! What a pipeline begins with and ends with: factories, or endpoints that can be made again and
//! again.

use std::{any::type_name, borrow::Cow, future::Future, pin::Pin};

use aqueduct_actors::{Consumer, Failure, PullProducer, PushProducer};
use aqueduct_endpoints::{
    AcceptTcp, ConnectTcp, CreateFile, EndpointError, File, FileConsumer, FileProducer, OpenFile,
    SpanConsumer, SpanProducer, TcpConsumer, TcpProducer,
};

use crate::build::{Open, Pipeline, Source};

/// A value that is being made; it need not be `Send`, since it is made where it will run.
pub type Making<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// Makes an end of a link whose bytes stay in the kernel.
pub type Spanning<T> = Box<dyn Fn() -> Making<T> + Send>;

/// What a pipeline can begin with: makes its producer at the start, and anew after a failure.
///
/// Every `Fn` that returns a future of a producer is one, as `|| File::open("orders.ndjson")`.
pub trait Origin: Send + 'static {
    /// The producer.
    type Producer: PullProducer;

    /// Makes it.
    fn make(&self) -> Making<Self::Producer>;

    /// The word for it in pictures and reports.
    fn kind(&self) -> Cow<'static, str> {
        short_name::<Self::Producer>().into()
    }

    /// Makes a producer of the same bytes that leaves them in the kernel, for a link straight to a
    /// consumer that moves them there. Default: there is none.
    fn spans(&self) -> Option<Spanning<SpanProducer>> {
        None
    }
}

/// What a pipeline can end with: makes its consumer at the start, and anew after a failure.
///
/// Every `Fn` that returns a future of a consumer is one, as `|| File::create("copy")`.
pub trait Target: Send + 'static {
    /// The consumer.
    type Consumer: Consumer;

    /// Makes it.
    fn make(&self) -> Making<Self::Consumer>;

    /// The word for it in pictures and reports.
    fn kind(&self) -> Cow<'static, str> {
        short_name::<Self::Consumer>().into()
    }

    /// Makes a consumer of the same bytes that has the kernel move them, for a link straight from a
    /// producer that leaves them there. Default: there is none.
    fn spans(&self) -> Option<Spanning<SpanConsumer>> {
        None
    }
}

/// Has a factory's future fail as everything here fails.
pub(crate) fn boxed<T, E: Into<Failure>>(
    making: impl Future<Output = Result<T, E>> + 'static,
) -> Making<T> {
    Box::pin(async move { making.await.map_err(Into::into) })
}

/// Has an endpoint made by its builder, again and again, and turned into one of spans.
fn spanning<B, U, T, S>(builder: &B, make: fn(B) -> U, into: fn(T) -> S) -> Option<Spanning<S>>
where
    B: Clone + Send + 'static,
    U: Future<Output = Result<T, EndpointError>> + 'static,
    T: 'static,
    S: 'static,
{
    let builder = builder.clone();
    Some(Box::new(move || {
        let making = make(builder.clone());
        boxed(async move { making.await.map(into) })
    }))
}

/// `CreateFile` of `aqueduct_endpoints::file::CreateFile`.
pub(crate) fn short_name<T>() -> &'static str {
    let whole = type_name::<T>();
    let plain = whole.split('<').next().unwrap_or(whole);
    plain.rsplit("::").next().unwrap_or(plain)
}

impl<F, U, P, E> Origin for F
where
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<P, E>> + 'static,
    P: PullProducer,
    E: Into<Failure>,
{
    type Producer = P;

    fn make(&self) -> Making<P> {
        boxed(self())
    }
}

impl<F, U, C, E> Target for F
where
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<C, E>> + 'static,
    C: Consumer,
    E: Into<Failure>,
{
    type Consumer = C;

    fn make(&self) -> Making<C> {
        boxed(self())
    }
}

impl Origin for OpenFile {
    type Producer = FileProducer;

    fn make(&self) -> Making<FileProducer> {
        boxed(self.clone())
    }

    fn kind(&self) -> Cow<'static, str> {
        "file".into()
    }

    fn spans(&self) -> Option<Spanning<SpanProducer>> {
        if self.is_plain() { spanning(self, |file| file, FileProducer::into_spans) } else { None }
    }
}

impl Target for CreateFile {
    type Consumer = FileConsumer;

    fn make(&self) -> Making<FileConsumer> {
        boxed(self.clone())
    }

    fn kind(&self) -> Cow<'static, str> {
        "file".into()
    }

    fn spans(&self) -> Option<Spanning<SpanConsumer>> {
        if self.is_plain() { spanning(self, |file| file, FileConsumer::into_spans) } else { None }
    }
}

impl Origin for ConnectTcp {
    type Producer = TcpProducer;

    fn make(&self) -> Making<TcpProducer> {
        boxed(self.clone().producer())
    }

    fn kind(&self) -> Cow<'static, str> {
        "tcp".into()
    }

    fn spans(&self) -> Option<Spanning<SpanProducer>> {
        spanning(self, ConnectTcp::producer, TcpProducer::into_spans)
    }
}

impl Target for ConnectTcp {
    type Consumer = TcpConsumer;

    fn make(&self) -> Making<TcpConsumer> {
        boxed(self.clone().consumer())
    }

    fn kind(&self) -> Cow<'static, str> {
        "tcp".into()
    }

    fn spans(&self) -> Option<Spanning<SpanConsumer>> {
        spanning(self, ConnectTcp::consumer, TcpConsumer::into_spans)
    }
}

impl Origin for AcceptTcp {
    type Producer = TcpProducer;

    fn make(&self) -> Making<TcpProducer> {
        boxed(self.clone().producer())
    }

    fn kind(&self) -> Cow<'static, str> {
        "tcp".into()
    }

    fn spans(&self) -> Option<Spanning<SpanProducer>> {
        spanning(self, AcceptTcp::producer, TcpProducer::into_spans)
    }
}

impl Target for AcceptTcp {
    type Consumer = TcpConsumer;

    fn make(&self) -> Making<TcpConsumer> {
        boxed(self.clone().consumer())
    }

    fn kind(&self) -> Cow<'static, str> {
        "tcp".into()
    }

    fn spans(&self) -> Option<Spanning<SpanConsumer>> {
        spanning(self, AcceptTcp::consumer, TcpConsumer::into_spans)
    }
}

/// A pipeline without a name of its own that begins with a file.
pub trait ReadFile {
    /// Begins a pipeline that reads this file; its name is the file's.
    fn read(path: impl AsRef<std::path::Path>) -> Open<Source<OpenFile>>;
}

impl ReadFile for File {
    fn read(path: impl AsRef<std::path::Path>) -> Open<Source<OpenFile>> {
        let name = path.as_ref().display().to_string();
        Pipeline::named(name.clone()).from(Self::open(path)).named(name)
    }
}

/// A push producer's factory.
pub(crate) fn make_push<F, U, P, E>(factory: &F) -> Making<P>
where
    F: Fn() -> U,
    U: Future<Output = Result<P, E>> + 'static,
    P: PushProducer,
    E: Into<Failure>,
{
    boxed(factory())
}
