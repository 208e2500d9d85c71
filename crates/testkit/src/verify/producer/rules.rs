//! What a producer promises, rule by rule.

use aqueduct_link::{End, Slot, SlotOptions, Turn, Watermarks};

use super::{
    super::{
        seed::Seed,
        subject::{
            MOMENTS, dropped_after, ended_somehow, ended_well, gives_its_thread_back, not_made,
        },
    },
    ProducerVerification, marks,
};
use crate::{Broken, Checked, Scope, Verdict, let_others_run, until, within};

/// The high mark of a link that nothing is taken from.
const HIGH: u64 = 4;

/// How many items more than are wanted are no fault: the one after which it looks.
const ALLOWANCE: u64 = 1;

impl<T: 'static> ProducerVerification<T> {
    /// What is written is the same, whether it is taken one by one, as fast as it comes, or in
    /// portions of any size.
    ///
    /// # Errors
    /// [`Broken`] if it is not so; the seed repeats the portions.
    pub async fn required_f2_the_same_comes_whatever_the_demand(&self) -> Verdict {
        let mut seed = Seed::new();
        let number = seed.seed;
        let (mut first, mut all) = self.read(marks(0, 1)?, || 1).await?;
        if first.is_empty() {
            return Ok(Checked::Skipped("the producer writes nothing that could be compared"));
        }
        for (low, high) in [(0, 64), (8, 9), (100, 300)] {
            let read = self.read(marks(low, high)?, || seed.up_to(high)).await;
            let (mut next, is_all) = read.map_err(|broken| broken.with_seed(number))?;
            if !(all && is_all) {
                let both = first.len().min(next.len());
                first.truncate(both);
                next.truncate(both);
            }
            all |= is_all;
            if next != first {
                let at = first.iter().zip(&next).take_while(|(one, other)| one == other).count();
                let got = format!("another one at byte {at} of what the items say");
                let advice = "count what extend() took, and what write() handed back is not gone";
                let broken = Broken::new("the same stream, however it is taken", got, advice);
                return Err(broken.with_seed(number));
            }
        }
        Ok(Checked::Kept)
    }

    /// While somebody holds the flow, nothing is written; then it goes on.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f3_nothing_is_written_while_it_is_held(&self) -> Verdict {
        let mut fixture = self.start(marks(8, 16)?).await?;
        for round in 0..5 {
            within("an item, or the end", fixture.consumer.turn()).await?;
            fixture.consumer.pause();
            let_others_run().await;
            drop(fixture.consumer.take_what_is_there());
            if fixture.consumer.has_ended() {
                return Ok(match round {
                    0 => Checked::Skipped("the producer has ended before it could be held"),
                    _ => Checked::Kept,
                });
            }
            fixture.consumer.expect_no_write().await?;
            fixture.consumer.resume();
        }
        Ok(Checked::Kept)
    }

    /// All is written before its end, the end comes once, and its work ends well.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f6_its_end_comes_behind_the_last_item(&self) -> Verdict {
        if self.is_endless {
            return Ok(Checked::Skipped("the producer has no end"));
        }
        let mut fixture = self.start(marks(8, 16)?).await?;
        let (_, end) = fixture.consumer.expect_end().await?;
        if end != End::Finished {
            let advice = "answer Done when all is written, and an error where it is not";
            return Err(Broken::new("a finished stream", end.to_string(), advice));
        }
        ended_well(&*fixture.running).await?;
        Ok(Checked::Kept)
    }

    /// Each time that there is room again, more is written, or the end.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f7_it_goes_on_whenever_there_is_room(&self) -> Verdict {
        let mut fixture = self.start(marks(0, 2)?).await?;
        for round in 0..100 {
            let turn = within("an item, or the end", fixture.consumer.turn()).await;
            let turn = turn.map_err(|broken| {
                let got = format!("nothing, after it was paused {round} times");
                let advice = "a producer that answers Wait gives ctx.waker() to what it waits for; \
                              one that has more answers More";
                Broken { got, ..broken.advising(advice) }
            })?;
            if matches!(turn, Turn::End(_)) {
                return Ok(match round {
                    0 | 1 => Checked::Skipped("the producer has ended before it was out of room"),
                    _ => Checked::Kept,
                });
            }
            let_others_run().await;
            drop(fixture.consumer.take_what_is_there());
        }
        Ok(Checked::Kept)
    }

    /// When its consumer wants no more, its work ends: before the first item, and in the middle.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_a_stop_ends_it(&self) -> Verdict {
        for items in [0, 1, 5] {
            let mut fixture = self.start(marks(8, 16)?).await?;
            for _ in 0..items {
                if let Turn::Items = within("an item, or the end", fixture.consumer.turn()).await? {
                    drop(fixture.consumer.take_up_to(1));
                }
            }
            fixture.consumer.stop();
            ended_somehow(&*fixture.running).await?;
        }
        Ok(Checked::Kept)
    }

    /// When its actor is dropped, before its first item or in the middle, its consumer is told an end,
    /// and nothing of its link is left.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_dropped_at_any_moment_it_leaves_nothing(&self) -> Verdict {
        for turns in MOMENTS {
            let scope = Scope::default();
            let slot = scope.slot("the subject", marks(2, 4)?);
            let mut fixture = dropped_after(turns, self.start_for(slot)).await?;
            let _ = fixture.consumer.expect_end().await?;
            drop(fixture);
            scope.empty().await?;
        }
        Ok(Checked::Kept)
    }

    /// Where nothing is taken, it writes up to the high mark, and at most the item that passes it.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_writes_no_more_than_is_wanted(&self) -> Verdict {
        if !self.has(HIGH + ALLOWANCE + 1).await? {
            return Ok(Checked::Skipped("the producer has too few items to fill a link"));
        }
        let marks =
            Watermarks::items_within(0, HIGH, 64 * HIGH).map_err(|error| not_made(&error))?;
        let fixture = self.start(marks).await?;
        let held = || {
            let report = fixture.consumer.slot().gauge().map(|gauge| gauge.report());
            report.map_or(0, |report| report.written.items)
        };
        until("as much as the mark allows", || held() >= HIGH).await?;
        let_others_run().await;
        wrote_at_most(HIGH, held())
    }

    /// It writes nothing before it is asked, and then as many items as it was asked for, or one more.
    /// Skipped for push producers: they are paused, and not asked.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_writes_no_more_than_it_was_asked_for(&self) -> Verdict {
        if !self.is_asked {
            return Ok(Checked::Skipped("a push producer is paused, and not asked"));
        }
        let options = SlotOptions { manual_demand: true, ..SlotOptions::default() };
        let slot = Slot::with_options("the test's consumer", marks(0, 64)?, options);
        let mut fixture = self.start_for(slot).await?;
        let (mut asked, mut taken) = (0, 0);
        fixture.consumer.expect_no_write().await?;
        for more in [1, 3, 20] {
            fixture.consumer.ask(more);
            asked += more;
            while taken < asked {
                let turn = within("what was asked for, or the end", fixture.consumer.turn());
                if matches!(turn.await?, Turn::End(_)) {
                    return Ok(match taken {
                        0 => Checked::Skipped("the producer writes nothing"),
                        _ => Checked::Kept,
                    });
                }
                taken += fixture.consumer.take_what_is_there().len() as u64;
            }
            let_others_run().await;
            taken += fixture.consumer.take_what_is_there().len() as u64;
            let _ = wrote_at_most(asked, taken)?;
        }
        Ok(Checked::Kept)
    }

    /// It lets others on its thread have their turns while it makes items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_gives_its_thread_back(&self) -> Verdict {
        gives_its_thread_back(self.read(marks(8, 64)?, || 64)).await?;
        Ok(Checked::Kept)
    }
}

/// It wrote what is wanted, and [`ALLOWANCE`] more at most.
fn wrote_at_most(wanted: u64, written: u64) -> Verdict {
    if written <= wanted + ALLOWANCE {
        return Ok(Checked::Kept);
    }
    let got = format!("{written} items where {wanted} are wanted");
    let advice = "write what is wanted, and stop when Outbox::is_paused() or at Flow::Paused";
    Err(Broken::new(format!("at most {} items", wanted + ALLOWANCE), got, advice))
}
