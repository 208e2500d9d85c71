//! What a consumer promises, rule by rule.

use aqueduct_actors::Consumer;

use super::{
    super::{
        seed::Seed,
        subject::{MOMENTS, dropped_after, ended_somehow, ended_well, gives_its_thread_back},
    },
    ConsumerVerification, Fixture,
};
use crate::{Broken, Checked, Scope, Verdict, let_others_run};

/// How many items a check writes, where it writes many.
const ITEMS: u64 = 600;

impl<C: Consumer> ConsumerVerification<C> {
    /// All items are written, and after a finished stream each of them is committed: none is given
    /// up, none is left.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f2_every_item_is_committed(&self) -> Verdict {
        let mut fixture = self.start().await?;
        self.feed(&mut fixture, 0..ITEMS).await?;
        fixture.producer.expect_handled().await?;
        fixture.producer.finish();
        ended_well(&fixture.running).await?;
        nothing_is_given_up(&fixture)
    }

    /// What is committed was handled too, once and in order. Skipped without
    /// [`handled_by`](Self::handled_by).
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn optional_f2_every_item_is_handled_once_and_in_order(&self) -> Verdict {
        if self.handled.is_none() {
            return Ok(Checked::Skipped(
                "what the consumer did with its items is not told; handled_by() tells it",
            ));
        }
        let mut fixture = self.start().await?;
        self.feed(&mut fixture, 0..ITEMS).await?;
        fixture.producer.expect_handled().await?;
        fixture.producer.finish();
        ended_well(&fixture.running).await?;
        self.saw(ITEMS)?;
        Ok(Checked::Kept)
    }

    /// An item is handled though none comes behind it.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f2_an_item_is_handled_without_another_behind_it(&self) -> Verdict {
        let mut fixture = self.start().await?;
        for n in 0..8 {
            self.feed(&mut fixture, n..n + 1).await?;
            let handled = fixture.producer.expect_handled().await;
            let advice = "commit an item when it is handled, not when the next one comes";
            handled.map_err(|broken| broken.advising(advice))?;
            self.saw(n + 1)?;
        }
        Ok(Checked::Kept)
    }

    /// The end of a finished stream comes behind its last item, and the work ends well, whatever
    /// the number of items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f6_the_end_comes_behind_the_last_item(&self) -> Verdict {
        for items in [0, 1, 63, 64, 65, 300] {
            let mut fixture = self.start().await?;
            self.feed(&mut fixture, 0..items).await?;
            fixture.producer.finish();
            ended_well(&fixture.running).await?;
            let _ = nothing_is_given_up(&fixture)?;
        }
        Ok(Checked::Kept)
    }

    /// It goes on with each burst of items, however large, after it has waited for it.
    ///
    /// # Errors
    /// [`Broken`] if it is not so; the seed repeats the bursts.
    pub async fn required_f7_it_comes_back_after_it_has_waited(&self) -> Verdict {
        let mut seed = Seed::new();
        let number = seed.seed;
        let mut fixture = self.start().await?;
        let mut next = 0;
        let advice = "a consumer that answers Wait gives ctx.waker() to what it waits for";
        for _ in 0..20 {
            let burst = seed.up_to(200);
            let handled = async {
                self.feed(&mut fixture, next..next + burst).await?;
                fixture.producer.expect_handled().await
            };
            let handled = handled.await;
            handled.map_err(|broken| broken.advising(advice).with_seed(number))?;
            next += burst;
            let_others_run().await;
        }
        Ok(Checked::Kept)
    }

    /// A stream that is aborted ends it, well or with an error, before any item and in the middle.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_an_abort_ends_it(&self) -> Verdict {
        for items in [0, 1, 100] {
            let mut fixture = self.start().await?;
            self.feed(&mut fixture, 0..items).await?;
            fixture.producer.abort("the check aborts it");
            ended_somehow(&fixture.running).await?;
        }
        Ok(Checked::Kept)
    }

    /// When its producer dies, it gets all that was accepted, and then comes to its end.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_the_death_of_its_producer_ends_it_behind_the_last_item(
        &self,
    ) -> Verdict {
        let mut fixture = self.start().await?;
        self.feed(&mut fixture, 0..100).await?;
        fixture.producer.outlet().fail("the check lets it die");
        ended_somehow(&fixture.running).await?;
        self.saw(100)?;
        nothing_is_given_up(&fixture)
    }

    /// When it is gone for good, its producer is stopped, and the work ends.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_when_it_goes_its_producer_is_stopped(&self) -> Verdict {
        let mut fixture = self.start().await?;
        self.feed(&mut fixture, 0..10).await?;
        fixture.slot.retire("the check wants no more of it");
        fixture.producer.expect_stopped().await?;
        ended_somehow(&fixture.running).await?;
        Ok(Checked::Kept)
    }

    /// When its actor is dropped, before its first item or in the middle, its producer is stopped,
    /// and nothing of its link is left.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_dropped_at_any_moment_it_leaves_nothing(&self) -> Verdict {
        for turns in MOMENTS {
            let scope = Scope::default();
            let start = async {
                let mut fixture = self.start_in(&scope).await?;
                fixture.producer.write_past_the_mark((0..100).map(&self.item));
                Ok(fixture)
            };
            let mut fixture = dropped_after(turns, start).await?;
            fixture.producer.expect_stopped().await?;
            drop(fixture);
            scope.empty().await?;
        }
        Ok(Checked::Kept)
    }

    /// It lets others on its thread have their turns while it handles items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_gives_its_thread_back(&self) -> Verdict {
        let mut fixture = self.start().await?;
        gives_its_thread_back(async {
            self.feed(&mut fixture, 0..64).await?;
            fixture.producer.expect_handled().await
        })
        .await?;
        Ok(Checked::Kept)
    }
}

/// What was written is committed, and nothing of it was given up.
fn nothing_is_given_up<C: Consumer>(fixture: &Fixture<C>) -> Verdict {
    let Some(report) = fixture.slot.gauge().map(|gauge| gauge.report()) else {
        return Ok(Checked::Skipped("nobody was registered"));
    };
    if report.committed == report.written && report.discarded.is_zero() {
        return Ok(Checked::Kept);
    }
    let got = format!(
        "{} committed, {} of them given up",
        report.committed.items, report.discarded.items
    );
    let advice = "answer Done when all that was lent is handled, and Wait until then";
    Err(Broken::new(format!("{} items handled", report.written.items), got, advice))
}
