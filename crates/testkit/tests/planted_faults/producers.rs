//! Producers with a fault each.

use std::{thread, time::Duration};

use aqueduct_actors::{Ctx, Demand, Failure, Next, Outbox, PullProducer, PushProducer};
use aqueduct_link::{Reasons, Stopped};
use aqueduct_testkit::{ProducerVerification, verify_producer};

use crate::{Rules, assert_each_finds_a_fault, assert_skipped, found, rules};

/// How many numbers there are.
const ALL: u64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    WritesTooMuch,
    IgnoresTheDemand,
    StaysPaused,
    LosesWhatIsRefused,
    CountsByDemand,
    ForgetsItsWaker,
    NeverEnds,
    FailsAtTheEnd,
    PanicsWhenStopped,
    BlocksWhenDropped,
    Blocks,
}

/// The numbers up to [`ALL`], or fewer.
struct Subject {
    fault: Fault,
    all: u64,
    next: u64,
    is_paused: bool,
}

fn make(fault: Fault) -> impl Fn() -> std::future::Ready<Result<Subject, Failure>> {
    move || std::future::ready(Ok(Subject { fault, all: ALL, next: 0, is_paused: false }))
}

fn show(n: &u64, seen: &mut Vec<u8>) {
    seen.extend(n.to_be_bytes());
}

fn pull(fault: Fault) -> ProducerVerification<u64> {
    ProducerVerification::pull(make(fault), show)
}

fn endless(fault: Fault) -> ProducerVerification<u64> {
    pull(fault).endless()
}

fn push(fault: Fault) -> ProducerVerification<u64> {
    ProducerVerification::push(make(fault), show)
}

impl Subject {
    fn write(&mut self, wanted: u64, out: &mut Outbox<'_, u64>) -> Result<Next, Failure> {
        let most = self.all.min(self.next + wanted);
        match self.fault {
            Fault::WritesTooMuch => {
                while self.next < self.all && out.write(self.next).is_ok() {
                    self.next += 1;
                }
            }
            Fault::IgnoresTheDemand => self.next += out.extend(self.next..self.all),
            Fault::LosesWhatIsRefused => {
                for n in self.next..self.all.min(self.next + 3) {
                    let _ = out.write(n);
                    self.next += 1;
                }
            }
            Fault::CountsByDemand => {
                out.extend((self.next..most).map(|n| if wanted > 50 { n + 1 } else { n }));
                self.next = most;
            }
            Fault::Blocks if self.next == 0 => {
                thread::sleep(Duration::from_millis(1500));
                self.next += out.extend(self.next..most);
            }
            _ => self.next += out.extend(self.next..most),
        }
        Ok(match self.fault {
            Fault::ForgetsItsWaker if self.next >= 10 => Next::Wait,
            Fault::NeverEnds if self.next == self.all => Next::Wait,
            Fault::FailsAtTheEnd if self.next == self.all => {
                return Err(Failure::message("no more"));
            }
            _ if self.next == self.all => Next::Done,
            _ => Next::More,
        })
    }

    fn stop(&self) {
        assert!(self.fault != Fault::PanicsWhenStopped, "stopped");
    }
}

impl PullProducer for Subject {
    type Item = u64;
    type Error = Failure;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        self.write(wanted.items(), out)
    }

    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        self.stop();
    }
}

impl PushProducer for Subject {
    type Item = u64;
    type Error = Failure;

    fn run(&mut self, out: &mut Outbox<'_, u64>, _: &mut Ctx<'_, Self>) -> Result<Next, Failure> {
        if self.is_paused { Ok(Next::Wait) } else { self.write(64, out) }
    }

    fn paused(&mut self, _: Reasons, _: &mut Ctx<'_, Self>) {
        self.is_paused = true;
    }

    fn resumed(&mut self, _: &mut Ctx<'_, Self>) {
        self.is_paused = self.fault == Fault::StaysPaused;
    }

    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        self.stop();
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if self.fault == Fault::BlocksWhenDropped {
            thread::sleep(Duration::from_millis(1500));
        }
    }
}

verify_producer!(pulled_without_a_fault, pull(Fault::None));
verify_producer!(pushed_without_a_fault, push(Fault::None));

mod pulled {
    use super::{Fault, Rules, found, pull, rules};

    static RULES: &Rules<Fault> = aqueduct_testkit::__producer_rules! { [rules] pull };

    found! {
        RULES;
        a_producer_that_writes_more_than_is_wanted: Fault::WritesTooMuch,
            required_f10_it_writes_no_more_than_is_wanted, "Outbox::is_paused()",
            also ["required_f10_it_writes_no_more_than_it_was_asked_for"];
        a_producer_that_ignores_the_demand: Fault::IgnoresTheDemand,
            required_f10_it_writes_no_more_than_it_was_asked_for, "where 1 are wanted", also [];
        a_producer_whose_items_depend_on_the_demand: Fault::CountsByDemand,
            required_f2_the_same_comes_whatever_the_demand, "another one at byte", also [];
        a_producer_that_forgets_its_waker: Fault::ForgetsItsWaker,
            required_f7_it_goes_on_whenever_there_is_room, "ctx.waker()", also [
                "required_f2_the_same_comes_whatever_the_demand",
                "required_f6_its_end_comes_behind_the_last_item",
                "required_f10_it_gives_its_thread_back",
            ];
        a_producer_that_never_says_done: Fault::NeverEnds,
            required_f6_its_end_comes_behind_the_last_item, "the end, or another item", also [];
        a_producer_that_ends_with_an_error: Fault::FailsAtTheEnd,
            required_f6_its_end_comes_behind_the_last_item, "no more", also [];
        a_producer_that_panics_when_it_is_stopped: Fault::PanicsWhenStopped,
            required_f9_a_stop_ends_it, "panicked: stopped", also [];
        a_producer_that_blocks_when_it_is_dropped: Fault::BlocksWhenDropped,
            required_f9_dropped_at_any_moment_it_leaves_nothing, "stood still",
            also ["required_f10_it_gives_its_thread_back"];
        a_producer_that_blocks_its_thread: Fault::Blocks,
            required_f10_it_gives_its_thread_back, "everybody else on its thread waited", also [];
    }
}

mod pushed {
    use super::{Fault, Rules, found, push, rules};

    static RULES: &Rules<Fault> = aqueduct_testkit::__producer_rules! { [rules] push };

    found! {
        RULES;
        a_producer_that_writes_on_when_it_is_paused: Fault::WritesTooMuch,
            required_f10_it_writes_no_more_than_is_wanted, "Outbox::is_paused()", also [];
        a_producer_that_stays_paused: Fault::StaysPaused,
            required_f3_nothing_is_written_while_it_is_held, "an item, or the end", also [
                "required_f2_the_same_comes_whatever_the_demand",
                "required_f6_its_end_comes_behind_the_last_item",
                "required_f7_it_goes_on_whenever_there_is_room",
                "required_f10_it_writes_no_more_than_is_wanted",
            ];
        a_producer_that_loses_what_is_refused: Fault::LosesWhatIsRefused,
            required_f2_the_same_comes_whatever_the_demand, "write() handed back",
            also ["required_f10_it_writes_no_more_than_is_wanted"];
    }
}

#[test]
fn each_test_of_a_producer_finds_a_fault() {
    let rules: &Rules<Fault> = aqueduct_testkit::__producer_rules! { [rules] pull };
    assert_each_finds_a_fault(rules, &[pulled::FINDERS, pushed::FINDERS].concat(), &[]);
}

/// As many numbers as this.
fn short(all: u64) -> ProducerVerification<u64> {
    let subject = move || Subject { fault: Fault::None, all, next: 0, is_paused: false };
    ProducerVerification::pull(move || std::future::ready(Ok::<_, Failure>(subject())), show)
}

#[test]
fn what_a_short_producer_cannot_show_is_skipped_and_not_passed_in_silence() {
    let rules: &Rules<u64> = aqueduct_testkit::__producer_rules! { [rules] short };
    assert_skipped(rules, ALL, &[]);
    assert_skipped(
        rules,
        3,
        &[
            "required_f3_nothing_is_written_while_it_is_held",
            "required_f10_it_writes_no_more_than_is_wanted",
        ],
    );
    assert_skipped(
        rules,
        0,
        &[
            "required_f2_the_same_comes_whatever_the_demand",
            "required_f3_nothing_is_written_while_it_is_held",
            "required_f7_it_goes_on_whenever_there_is_room",
            "required_f10_it_writes_no_more_than_is_wanted",
            "required_f10_it_writes_no_more_than_it_was_asked_for",
        ],
    );
}

#[test]
fn what_the_end_of_an_endless_producer_would_show_is_skipped() {
    let rules: &Rules<Fault> = aqueduct_testkit::__producer_rules! { [rules] endless };
    assert_skipped(rules, Fault::NeverEnds, &["required_f6_its_end_comes_behind_the_last_item"]);
}
