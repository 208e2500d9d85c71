//! Two tasks with two channels.

use std::{marker::PhantomData, time::Duration};

use super::{Peer, Trips};
use crate::{
    bed::{Places, build},
    oneway::{Channel, Receiver, Sender},
};

/// Places of a channel; one is in use.
const PLACES: usize = 16;

pub(super) struct Tasks<C>(PhantomData<C>);

impl<C: Channel> Peer for Tasks<C> {
    async fn start(
        places: &Places,
        mut trips: Trips,
        pause: Option<Duration>,
    ) -> Result<(), String> {
        let (mut pings, mut incoming) = C::bounded::<u64>(PLACES);
        let (mut pongs, mut outcome) = C::bounded::<u64>(PLACES);
        build(&places.consumer, move || {
            actix_rt::spawn(async move {
                while let Some(number) = incoming.receive().await {
                    if !pongs.send(number).await {
                        return;
                    }
                }
            });
        })
        .await?;
        build(&places.producer, move || {
            actix_rt::spawn(async move {
                while pings.send(trips.ping()).await {
                    let Some(number) = outcome.receive().await else { return };
                    if !trips.pong(number) {
                        return;
                    }
                    if let Some(pause) = pause {
                        tokio::time::sleep(pause).await;
                    }
                }
            });
        })
        .await
    }
}
