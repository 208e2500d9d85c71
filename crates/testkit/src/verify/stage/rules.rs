//! What a stage promises, rule by rule.

use aqueduct_link::{End, Flow};

use super::{
    super::{
        producer::marks,
        seed::Seed,
        subject::{MOMENTS, dropped_after, ended_somehow, ended_well, gives_its_thread_back},
    },
    Fixture, StageVerification,
};
use crate::{Broken, Checked, Scope, Verdict, let_others_run};

/// How many items are offered to a stage whose consumer takes nothing.
const OFFERED: u64 = 20_000;

/// How many items a stage may take in the turn in which its consumer becomes full.
const TURN: u64 = aqueduct_actors::TURN_ITEMS as u64;

impl<I: 'static, O: 'static> StageVerification<I, O> {
    /// Once its consumer is full it takes no more than a turn's worth: what it holds is bounded.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f1_it_takes_no_more_while_its_consumer_is_full(&self) -> Verdict {
        let mut fixture = self.start(marks(2, 4)?, marks(0, 1)?).await?;
        let (mut taken, mut full_at) = (0, None);
        while taken < OFFERED {
            if fixture.producer.outlet().flow() == Flow::Paused {
                let_others_run().await;
            }
            if fixture.producer.outlet().write((self.item)(taken)).is_err() {
                return Ok(Checked::Kept);
            }
            taken += 1;
            let full = fixture.consumer.slot().gauge().map(|gauge| gauge.report().paused_now);
            if full_at.is_none() && full.flatten().is_some() {
                full_at = Some(taken);
            }
            if full_at.is_some_and(|at| taken > at + 2 * TURN) {
                let got = format!("{taken} items taken, the consumer full since item {full_at:?}");
                let advice = "stop taking when Outbox::is_paused(), and put back what is in hand";
                return Err(Broken::new("no more items than a turn's worth", got, advice));
            }
        }
        Ok(Checked::Skipped("it never filled its consumer"))
    }

    /// What comes out is the same, however fast it is fed, and however it is taken.
    ///
    /// # Errors
    /// [`Broken`] if it is not so; the seed repeats the portions.
    pub async fn required_f2_the_same_comes_out_however_it_goes_in(&self) -> Verdict {
        let mut seed = Seed::new();
        let number = seed.seed;
        let first = self.run(marks(0, 1)?, marks(0, 1)?, || 1).await?;
        for (into, out) in [((0, 256), (0, 1)), ((0, 1), (0, 256)), ((16, 64), (4, 32))] {
            let (into, out) = (marks(into.0, into.1)?, marks(out.0, out.1)?);
            let seen = self.run(into, out, || seed.up_to(64)).await;
            if seen.map_err(|broken| broken.with_seed(number))? != first {
                let got = "something else when it was fed and taken faster or slower";
                let advice = "take an item from the batch only when there is room for what comes \
                              of it, and keep what belongs to the next";
                let broken = Broken::new("the same stream, however it is cut", got, advice);
                return Err(broken.with_seed(number));
            }
        }
        Ok(Checked::Kept)
    }

    /// A finished stream comes out finished, with all that was left, whatever the number of items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f6_the_end_goes_through_it_behind_the_last_item(&self) -> Verdict {
        let least = usize::from(self.is_never_empty);
        for items in [0, 1, 65].into_iter().skip(least) {
            let Fixture { running, mut producer, mut consumer } =
                self.start(marks(64, 128)?, marks(4096, 4096)?).await?;
            self.feed(&mut producer, items).await?;
            producer.finish();
            let (_, end) = consumer.expect_end().await?;
            if end != End::Finished {
                let advice = "answer Done in finish() when what is left is written";
                return Err(Broken::new("a finished stream", end.to_string(), advice));
            }
            ended_well(&*running).await?;
        }
        Ok(Checked::Kept)
    }

    /// A stream that is aborted ends it, and does not come out as a finished one.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_an_abort_goes_through_it(&self) -> Verdict {
        for items in [0, 1, 65] {
            let Fixture { running, mut producer, mut consumer } =
                self.start(marks(64, 128)?, marks(4096, 4096)?).await?;
            self.feed(&mut producer, items).await?;
            // Whoever has enough has the time to say so.
            let_others_run().await;
            let _ = producer.outlet().flow();
            let wants_no_more = producer.outlet().stopped().is_some();
            producer.abort("the check aborts it");
            let (_, end) = consumer.expect_end().await?;
            if end == End::Finished && !wants_no_more {
                let advice = "look at the end that finish() is told";
                return Err(Broken::new("an aborted stream", end.to_string(), advice));
            }
            ended_somehow(&*running).await?;
        }
        Ok(Checked::Kept)
    }

    /// When its consumer wants no more, its producer is stopped, and its work ends.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_a_stop_goes_through_it(&self) -> Verdict {
        let mut fixture = self.start(marks(8, 16)?, marks(8, 16)?).await?;
        self.feed(&mut fixture.producer, 4).await?;
        fixture.consumer.stop();
        fixture.producer.expect_stopped().await?;
        ended_somehow(&*fixture.running).await?;
        Ok(Checked::Kept)
    }

    /// When its actor is dropped, before its first item or in the middle, its producer is stopped, its
    /// consumer is told an end, and nothing of its links is left.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_dropped_at_any_moment_it_leaves_nothing(&self) -> Verdict {
        for turns in MOMENTS {
            let scope = Scope::default();
            let start = async {
                let mut fixture = self.start_in(&scope, marks(64, 128)?, marks(2, 4)?).await?;
                fixture.producer.write_past_the_mark((0..100).map(&self.item));
                Ok(fixture)
            };
            let mut fixture = dropped_after(turns, start).await?;
            fixture.producer.expect_stopped().await?;
            let _ = fixture.consumer.expect_end().await?;
            drop(fixture);
            scope.empty().await?;
        }
        Ok(Checked::Kept)
    }

    /// It lets others on its thread have their turns while it works.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_gives_its_thread_back(&self) -> Verdict {
        gives_its_thread_back(self.run(marks(8, 64)?, marks(8, 64)?, || 64)).await?;
        Ok(Checked::Kept)
    }
}
