//! Consumers with a fault each.

use std::{cell::RefCell, rc::Rc, thread, time::Duration};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, End, Failure};
use aqueduct_testkit::{ConsumerVerification, verify_consumer};

use crate::{Rules, assert_each_finds_a_fault, assert_skipped, found, rules};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    ForgetsItsWaker,
    HoldsTheLastBack,
    DropsOne,
    Reverses,
    Blocks,
    PanicsAtTheEnd,
    NeverEnds,
    PanicsAtAnAbort,
    ForgetsTheLastOfWhatWasCutOff,
    NeverEndsWhenItIsGivenUp,
    StopsEarly,
    BlocksWhenDropped,
}

type Seen = Rc<RefCell<Vec<u64>>>;

/// Notes the numbers that it was lent, with a pause after every tenth.
struct Subject {
    fault: Fault,
    seen: Seen,
    rested: u64,
}

fn subject(fault: Fault) -> ConsumerVerification<Subject> {
    let (subject, noted) = silent(fault);
    subject.handled_by(move || noted.borrow().clone())
}

/// A subject that nobody asks what it did, and what it did.
fn silent(fault: Fault) -> (ConsumerVerification<Subject>, Seen) {
    let seen = Seen::default();
    let noted = seen.clone();
    let make = move || {
        seen.borrow_mut().clear();
        let subject = Subject { fault, seen: seen.clone(), rested: 0 };
        std::future::ready(Ok::<_, Failure>(subject))
    };
    (ConsumerVerification::new(make, |n| n), noted)
}

impl Subject {
    fn wait(&self, ctx: &Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        if self.fault != Fault::ForgetsItsWaker || self.rested < 900 {
            ctx.waker().wake_by_ref();
        }
        Ok(Consumed::Wait)
    }
}

impl Consumer for Subject {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        if self.fault == Fault::Reverses && batch.sequence() > 500 {
            let mut items = Vec::new();
            while let Some(item) = batch.take() {
                items.push(item);
            }
            self.seen.borrow_mut().extend(items.iter().rev());
            return Ok(Consumed::Done);
        }
        let is_alone = batch.len() == 1;
        while let Some(item) = batch.next() {
            let item = *item;
            if item % 10 == 9 && self.rested <= item {
                self.rested = item + 1;
                return self.wait(ctx);
            }
            match self.fault {
                Fault::Blocks if item == 20 => thread::sleep(Duration::from_millis(1500)),
                Fault::StopsEarly if item == 550 => return Err(Failure::message("enough")),
                Fault::DropsOne if item == 530 => continue,
                Fault::HoldsTheLastBack if is_alone && item == 7 => {
                    return Ok(Consumed::Wait);
                }
                _ => {}
            }
            self.seen.borrow_mut().push(item);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        match self.fault {
            Fault::PanicsAtTheEnd => panic!("at the end"),
            Fault::PanicsAtAnAbort if !end.is_finished() => panic!("at an abort"),
            Fault::ForgetsTheLastOfWhatWasCutOff if !end.is_finished() => {
                self.seen.borrow_mut().pop();
                Ok(Consumed::Done)
            }
            Fault::NeverEndsWhenItIsGivenUp if *end == End::Abandoned => Ok(Consumed::Wait),
            Fault::NeverEnds => Ok(Consumed::Wait),
            _ => Ok(Consumed::Done),
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if self.fault == Fault::BlocksWhenDropped {
            thread::sleep(Duration::from_millis(1500));
        }
    }
}

verify_consumer!(without_a_fault, subject(Fault::None));

/// The tests that wait for the end of a finished stream, beside the one for that.
const OF_A_FINISH: [&str; 2] =
    ["required_f2_every_item_is_committed", "optional_f2_every_item_is_handled_once_and_in_order"];

/// The tests that wait for an end, of any kind.
const OF_ENDS: [&str; 4] = [
    "required_f6_the_end_comes_behind_the_last_item",
    "required_f9_an_abort_ends_it",
    "required_f9_the_death_of_its_producer_ends_it_behind_the_last_item",
    "required_f9_when_it_goes_its_producer_is_stopped",
];

static RULES: &Rules<Fault> = aqueduct_testkit::__consumer_rules! { [rules] subject };

found! {
    RULES;
    a_consumer_that_forgets_its_waker: Fault::ForgetsItsWaker,
        required_f7_it_comes_back_after_it_has_waited, "ctx.waker()", also [];
    a_consumer_that_holds_the_last_item_back: Fault::HoldsTheLastBack,
        required_f2_an_item_is_handled_without_another_behind_it, "not when the next one comes",
        also [];
    a_consumer_that_drops_an_item: Fault::DropsOne,
        optional_f2_every_item_is_handled_once_and_in_order, "item 531 in place of item 530",
        also [];
    a_consumer_that_turns_the_order_round: Fault::Reverses,
        optional_f2_every_item_is_handled_once_and_in_order, "in place of item", also [];
    a_consumer_that_gives_up_without_a_reason: Fault::StopsEarly,
        required_f2_every_item_is_committed, "stopped: the subject: enough", also [
            "optional_f2_every_item_is_handled_once_and_in_order",
            "required_f7_it_comes_back_after_it_has_waited",
        ];
    a_consumer_that_panics_at_the_end: Fault::PanicsAtTheEnd,
        required_f6_the_end_comes_behind_the_last_item, "panicked: at the end",
        also [OF_A_FINISH[0], OF_A_FINISH[1], OF_ENDS[1], OF_ENDS[2], OF_ENDS[3]];
    a_consumer_that_never_ends: Fault::NeverEnds,
        required_f6_the_end_comes_behind_the_last_item, "the end of its work",
        also [OF_A_FINISH[0], OF_A_FINISH[1], OF_ENDS[1], OF_ENDS[2], OF_ENDS[3]];
    a_consumer_that_panics_at_an_abort: Fault::PanicsAtAnAbort,
        required_f9_an_abort_ends_it, "panicked: at an abort", also [OF_ENDS[2], OF_ENDS[3]];
    a_consumer_that_forgets_the_last_item_of_what_was_cut_off: Fault::ForgetsTheLastOfWhatWasCutOff,
        required_f9_the_death_of_its_producer_ends_it_behind_the_last_item, "only the first 99",
        also [];
    a_consumer_that_never_ends_when_it_is_given_up: Fault::NeverEndsWhenItIsGivenUp,
        required_f9_when_it_goes_its_producer_is_stopped, "the end of its work", also [];
    a_consumer_that_blocks_when_it_is_dropped: Fault::BlocksWhenDropped,
        required_f9_dropped_at_any_moment_it_leaves_nothing, "stood still", also [];
    a_consumer_that_blocks_its_thread: Fault::Blocks,
        required_f10_it_gives_its_thread_back, "everybody else on its thread waited", also [];
}

#[test]
fn each_test_of_a_consumer_finds_a_fault() {
    assert_each_finds_a_fault(RULES, FINDERS, &[]);
}

#[test]
fn what_a_link_cannot_see_is_skipped_and_not_passed_in_silence() {
    let rules: &Rules<Fault> =
        aqueduct_testkit::__consumer_rules! { [rules] |fault| silent(fault).0 };
    let skipped = ["optional_f2_every_item_is_handled_once_and_in_order"];
    assert_skipped(rules, Fault::None, &skipped);
    assert_skipped(rules, Fault::DropsOne, &skipped);
}
