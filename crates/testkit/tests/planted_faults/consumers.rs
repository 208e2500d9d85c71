//! Consumers with a fault each.

use std::{cell::RefCell, rc::Rc, thread, time::Duration};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, End, Failure};
use aqueduct_testkit::{ConsumerVerification, verify_consumer};

use crate::found;

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
    StopsEarly,
}

type Seen = Rc<RefCell<Vec<u64>>>;

/// Notes the numbers that it was lent, with a pause after every tenth.
struct Subject {
    fault: Fault,
    seen: Seen,
    rested: u64,
}

fn subject(fault: Fault) -> ConsumerVerification<Subject> {
    let seen = Seen::default();
    let noted = seen.clone();
    let make = move || {
        seen.borrow_mut().clear();
        let subject = Subject { fault, seen: seen.clone(), rested: 0 };
        std::future::ready(Ok::<_, Failure>(subject))
    };
    ConsumerVerification::new(make, |n| n).handled_by(move || noted.borrow().clone())
}

impl Subject {
    fn wait(&self, ctx: &Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        if self.fault != Fault::ForgetsItsWaker {
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
        if self.fault == Fault::Reverses {
            let mut items = Vec::new();
            while let Some(item) = batch.take() {
                items.push(item);
            }
            self.seen.borrow_mut().extend(items.iter().rev());
            return Ok(Consumed::Done);
        }
        while let Some(item) = batch.next() {
            let item = *item;
            if item % 10 == 9 && self.rested <= item {
                self.rested = item + 1;
                return self.wait(ctx);
            }
            match self.fault {
                Fault::Blocks if item == 20 => thread::sleep(Duration::from_millis(1500)),
                Fault::StopsEarly if item == 50 => return Err(Failure::message("enough")),
                Fault::DropsOne if item == 30 => continue,
                Fault::HoldsTheLastBack if batch.is_empty() && item < 30 => {
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
            Fault::NeverEnds => Ok(Consumed::Wait),
            _ => Ok(Consumed::Done),
        }
    }
}

verify_consumer!(without_a_fault, subject(Fault::None));

found! {
    a_consumer_that_forgets_its_waker: subject(Fault::ForgetsItsWaker),
        required_f7_it_comes_back_after_it_has_waited, "ctx.waker()";
    a_consumer_that_holds_the_last_item_back: subject(Fault::HoldsTheLastBack),
        required_f2_an_item_is_handled_without_another_behind_it, "not when the next one comes";
    a_consumer_that_drops_an_item: subject(Fault::DropsOne),
        required_f2_every_item_is_handled_once_and_in_order, "item 31 in place of item 30";
    a_consumer_that_turns_the_order_round: subject(Fault::Reverses),
        required_f2_every_item_is_handled_once_and_in_order, "in place of item 0";
    a_consumer_that_blocks_its_thread: subject(Fault::Blocks),
        required_f10_it_gives_its_thread_back, "everybody else on its thread waited";
    a_consumer_that_panics_at_the_end: subject(Fault::PanicsAtTheEnd),
        required_f6_the_end_comes_behind_the_last_item, "panicked: at the end";
    a_consumer_that_never_ends: subject(Fault::NeverEnds),
        required_f6_the_end_comes_behind_the_last_item, "the end of its work";
    a_consumer_that_panics_at_an_abort: subject(Fault::PanicsAtAnAbort),
        required_f9_an_abort_ends_it, "panicked: at an abort";
    a_consumer_that_gives_up_without_a_reason: subject(Fault::StopsEarly),
        required_f2_every_item_is_handled_once_and_in_order, "the end";
}
