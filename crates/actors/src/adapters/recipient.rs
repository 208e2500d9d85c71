//! A consumer that is known by its recipient alone.

use actix::Recipient;
use aqueduct_link::{End, Inlet, Turn};

use crate::{Failure, Write};

/// The most items in one [`Write`] to a recipient.
const PUMP_ITEMS: usize = 64;

/// Carries what comes to the inlet to a recipient, one batch at a time: the next one is sent when
/// the one before is answered.
///
/// This is the slow way, through the recipient's mailbox, and it needs items that are `Send`; it
/// is for an actor of which one has nothing but a `Recipient<Write<T>>`.
///
/// # Back-pressure
/// At most one batch of 64 items is in the mailbox for each pump; what the recipient does not take
/// stays in the link.
///
/// # Errors
/// The failure that the recipient answered with, or that it is gone; the producer is stopped.
///
/// # Cancel safety
/// Dropping the future gives the inlet up: what is not committed goes back to the slot.
pub async fn pump<T: Send + 'static>(
    mut inlet: Inlet<T>,
    recipient: Recipient<Write<T>>,
) -> Result<End, Failure> {
    loop {
        let (write, end) = match inlet.turn().await {
            Turn::Items => match inlet.lend_out(PUMP_ITEMS) {
                Some(lease) => (Write::items(lease), None),
                None => continue,
            },
            Turn::End(end) => (Write::end(end.clone()), Some(end)),
        };
        let answer = match recipient.send(write).await {
            Ok(answer) => answer,
            Err(mailbox) => Err(mailbox.into()),
        };
        if let Err(failure) = answer {
            inlet.lease_failed();
            inlet.fail(failure.to_string());
            return Err(failure);
        }
        inlet.lease_handled();
        inlet.rest();
        if let Some(end) = end {
            return Ok(end);
        }
    }
}
