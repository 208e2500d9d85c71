//! Channels of bounded size between two tasks.

use std::{future::Future, marker::PhantomData};

use tokio::sync::{mpsc, oneshot};

use super::{Peer, Shape, Sink, Source, Start};

/// A kind of channel.
pub(crate) trait Channel: 'static {
    type Sender<T: Send + 'static>: Sender<T>;
    type Receiver<T: Send + 'static>: Receiver<T>;

    /// Returns the two ends of a channel of this many places.
    fn bounded<T: Send + 'static>(places: usize) -> (Self::Sender<T>, Self::Receiver<T>);
}

/// The end where items go in.
pub(crate) trait Sender<T>: Send + 'static {
    /// Waits for a place; `false` if nobody receives any more.
    fn send(&mut self, item: T) -> impl Future<Output = bool>;
}

/// The end where they come out.
pub(crate) trait Receiver<T>: Send + 'static {
    /// Waits for an item; `None` if nobody sends any more.
    fn receive(&mut self) -> impl Future<Output = Option<T>>;
}

/// Two tasks and such a channel.
pub(crate) struct Tasks<C>(PhantomData<C>);

impl<C: Channel> Peer for Tasks<C> {
    type Way<K: Sink> = C::Sender<K::Item>;

    fn consume<K: Sink>(shape: Shape<K::Item>, mut sink: K) -> Result<Self::Way<K>, String> {
        let (sender, mut receiver) = C::bounded(shape.places());
        actix_rt::spawn(async move {
            while let Some(item) = receiver.receive().await {
                sink.see(&item);
            }
            sink.over();
        });
        Ok(sender)
    }

    fn produce<S, K>(mut sender: Self::Way<K>, shape: Shape<S::Item>, mut source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        let (start, started) = oneshot::channel();
        actix_rt::spawn(async move {
            // A start that never comes is a run that was given up.
            let Ok(()) = started.await else { return };
            let mut burst = shape.burst;
            while let Some(item) = source.next() {
                if !sender.send(item).await {
                    return;
                }
                source.accepted();
                burst -= 1;
                if burst == 0 {
                    burst = shape.burst;
                    tokio::task::yield_now().await;
                }
            }
        });
        Box::new(move || _ = start.send(()))
    }
}

/// `tokio::sync::mpsc`.
pub(crate) struct Tokio;

impl Channel for Tokio {
    type Sender<T: Send + 'static> = mpsc::Sender<T>;
    type Receiver<T: Send + 'static> = mpsc::Receiver<T>;

    fn bounded<T: Send + 'static>(places: usize) -> (mpsc::Sender<T>, mpsc::Receiver<T>) {
        mpsc::channel(places)
    }
}

impl<T: Send + 'static> Sender<T> for mpsc::Sender<T> {
    #[inline]
    async fn send(&mut self, item: T) -> bool {
        mpsc::Sender::send(self, item).await.is_ok()
    }
}

impl<T: Send + 'static> Receiver<T> for mpsc::Receiver<T> {
    #[inline]
    async fn receive(&mut self) -> Option<T> {
        self.recv().await
    }
}

/// `kanal`.
pub(crate) struct Kanal;

impl Channel for Kanal {
    type Sender<T: Send + 'static> = kanal::AsyncSender<T>;
    type Receiver<T: Send + 'static> = kanal::AsyncReceiver<T>;

    fn bounded<T: Send + 'static>(
        places: usize,
    ) -> (kanal::AsyncSender<T>, kanal::AsyncReceiver<T>) {
        kanal::bounded_async(places)
    }
}

impl<T: Send + 'static> Sender<T> for kanal::AsyncSender<T> {
    #[inline]
    async fn send(&mut self, item: T) -> bool {
        kanal::AsyncSender::send(self, item).await.is_ok()
    }
}

impl<T: Send + 'static> Receiver<T> for kanal::AsyncReceiver<T> {
    #[inline]
    async fn receive(&mut self) -> Option<T> {
        self.recv().await.ok()
    }
}

/// `flume`.
pub(crate) struct Flume;

impl Channel for Flume {
    type Sender<T: Send + 'static> = flume::Sender<T>;
    type Receiver<T: Send + 'static> = flume::Receiver<T>;

    fn bounded<T: Send + 'static>(places: usize) -> (flume::Sender<T>, flume::Receiver<T>) {
        flume::bounded(places)
    }
}

impl<T: Send + 'static> Sender<T> for flume::Sender<T> {
    #[inline]
    async fn send(&mut self, item: T) -> bool {
        self.send_async(item).await.is_ok()
    }
}

impl<T: Send + 'static> Receiver<T> for flume::Receiver<T> {
    #[inline]
    async fn receive(&mut self) -> Option<T> {
        self.recv_async().await.ok()
    }
}

/// `tachyonix`.
pub(crate) struct Tachyonix;

impl Channel for Tachyonix {
    type Sender<T: Send + 'static> = tachyonix::Sender<T>;
    type Receiver<T: Send + 'static> = tachyonix::Receiver<T>;

    fn bounded<T: Send + 'static>(places: usize) -> (tachyonix::Sender<T>, tachyonix::Receiver<T>) {
        tachyonix::channel(places)
    }
}

impl<T: Send + 'static> Sender<T> for tachyonix::Sender<T> {
    #[inline]
    async fn send(&mut self, item: T) -> bool {
        tachyonix::Sender::send(self, item).await.is_ok()
    }
}

impl<T: Send + 'static> Receiver<T> for tachyonix::Receiver<T> {
    #[inline]
    async fn receive(&mut self) -> Option<T> {
        self.recv().await.ok()
    }
}
