//! Stages with a fault each.

use std::{thread, time::Duration};

use aqueduct_actors::{Batch, Ctx, End, Failure, Next, Outbox, Stage};
use aqueduct_testkit::{StageVerification, verify_stage};

use crate::{Rules, assert_each_finds_a_fault, found, rules};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    DropsWhatIsRefused,
    SwallowsTheLast,
    NeverFinishes,
    PanicsAtAnAbort,
    BlocksWhenDropped,
    Blocks,
}

/// Adds each two numbers; a last one stays alone.
struct Subject {
    fault: Fault,
    first: Option<u64>,
}

fn subject(fault: Fault) -> StageVerification<u64, u64> {
    let make = move || {
        let subject = Subject { fault, first: None };
        std::future::ready(Ok::<_, Failure>(subject))
    };
    StageVerification::stage(make, |n| n, |sum: &u64, seen| seen.extend(sum.to_be_bytes()))
}

impl Stage for Subject {
    type In = u64;
    type Out = u64;
    type Error = Failure;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        while !out.is_paused() || self.fault == Fault::DropsWhatIsRefused {
            let Some(item) = batch.next() else { break };
            let item = *item;
            if self.fault == Fault::Blocks && item == 20 {
                thread::sleep(Duration::from_millis(1500));
            }
            match self.first.take() {
                None => self.first = Some(item),
                Some(first) => drop(out.write(first + item)),
            }
        }
        Ok(Next::More)
    }

    fn finish(
        &mut self,
        end: &End,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        match self.fault {
            Fault::SwallowsTheLast => return Err(Failure::message("one is left over")),
            Fault::NeverFinishes => return Ok(Next::Wait),
            Fault::PanicsAtAnAbort if !end.is_finished() => panic!("an end is an end"),
            _ => out.extend(self.first.take()),
        };
        Ok(Next::Done)
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if self.fault == Fault::BlocksWhenDropped {
            thread::sleep(Duration::from_millis(1500));
        }
    }
}

verify_stage!(without_a_fault, subject(Fault::None));

static RULES: &Rules<Fault> = aqueduct_testkit::__stage_rules! { [rules] subject };

found! {
    RULES;
    a_stage_that_drops_what_is_refused: Fault::DropsWhatIsRefused,
        required_f2_the_same_comes_out_however_it_goes_in, "only when there is room", also [];
    a_stage_that_fails_for_what_is_left_over: Fault::SwallowsTheLast,
        required_f6_the_end_goes_through_it_behind_the_last_item, "one is left over", also [
            "required_f2_the_same_comes_out_however_it_goes_in",
            "required_f10_it_gives_its_thread_back",
        ];
    a_stage_that_never_finishes: Fault::NeverFinishes,
        required_f6_the_end_goes_through_it_behind_the_last_item, "the end, or another item",
        also [
            "required_f2_the_same_comes_out_however_it_goes_in",
            "required_f9_an_abort_goes_through_it",
            "required_f10_it_gives_its_thread_back",
        ];
    a_stage_that_panics_at_an_abort: Fault::PanicsAtAnAbort,
        required_f9_an_abort_goes_through_it, "panicked: an end is an end", also [];
    a_stage_that_blocks_when_it_is_dropped: Fault::BlocksWhenDropped,
        required_f9_dropped_at_any_moment_it_leaves_nothing, "stood still",
        also ["required_f10_it_gives_its_thread_back"];
    a_stage_that_blocks_its_thread: Fault::Blocks,
        required_f10_it_gives_its_thread_back, "everybody else on its thread waited", also [];
}

#[test]
fn each_test_of_a_stage_finds_a_fault() {
    let kept = [
        "required_f1_it_takes_no_more_while_its_consumer_is_full",
        "required_f9_a_stop_goes_through_it",
    ];
    assert_each_finds_a_fault(RULES, FINDERS, &kept);
}
