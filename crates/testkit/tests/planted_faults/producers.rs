//! Producers with a fault each.

use std::{thread, time::Duration};

use aqueduct_actors::{Ctx, Demand, Failure, Next, Outbox, PullProducer, PushProducer};
use aqueduct_link::Stopped;
use aqueduct_testkit::{ProducerVerification, verify_producer};

use crate::found;

/// How many numbers there are.
const ALL: u64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    WritesTooMuch,
    LosesWhatIsRefused,
    CountsByDemand,
    ForgetsItsWaker,
    NeverEnds,
    FailsAtTheEnd,
    PanicsWhenStopped,
    Blocks,
}

/// The numbers up to [`ALL`].
struct Subject {
    fault: Fault,
    next: u64,
}

fn make(fault: Fault) -> impl Fn() -> std::future::Ready<Result<Subject, Failure>> {
    move || std::future::ready(Ok(Subject { fault, next: 0 }))
}

fn show(n: &u64, seen: &mut Vec<u8>) {
    seen.extend(n.to_be_bytes());
}

fn pull(fault: Fault) -> ProducerVerification<u64> {
    ProducerVerification::pull(make(fault), show)
}

fn push(fault: Fault) -> ProducerVerification<u64> {
    ProducerVerification::push(make(fault), show)
}

impl Subject {
    fn write(&mut self, wanted: u64, out: &mut Outbox<'_, u64>) -> Result<Next, Failure> {
        let most = ALL.min(self.next + wanted);
        match self.fault {
            Fault::WritesTooMuch => {
                while self.next < ALL && out.write(self.next).is_ok() {
                    self.next += 1;
                }
            }
            Fault::LosesWhatIsRefused => {
                for n in self.next..ALL.min(self.next + 3) {
                    let _ = out.write(n);
                    self.next += 1;
                }
            }
            Fault::CountsByDemand => {
                out.extend((self.next..most).map(|n| if wanted > 50 { n + 1 } else { n }));
                self.next = most;
            }
            Fault::Blocks if self.next > 100 => {
                thread::sleep(Duration::from_millis(1500));
                self.next = ALL;
            }
            _ => self.next += out.extend(self.next..most),
        }
        Ok(match self.fault {
            Fault::ForgetsItsWaker if self.next >= 10 => Next::Wait,
            Fault::NeverEnds if self.next == ALL => Next::Wait,
            Fault::FailsAtTheEnd if self.next == ALL => return Err(Failure::message("no more")),
            _ if self.next == ALL => Next::Done,
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
        self.write(64, out)
    }

    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        self.stop();
    }
}

verify_producer!(pulled_without_a_fault, pull(Fault::None));
verify_producer!(pushed_without_a_fault, push(Fault::None));
verify_producer!(endless_is_skipped_and_not_failed, pull(Fault::NeverEnds).endless());

found! {
    a_producer_that_writes_more_than_is_wanted: pull(Fault::WritesTooMuch),
        required_f10_it_writes_no_more_than_is_wanted, "Outbox::is_paused()";
    a_push_producer_that_writes_on_when_it_is_paused: push(Fault::WritesTooMuch),
        required_f10_it_writes_no_more_than_is_wanted, "Outbox::is_paused()";
    a_producer_that_loses_what_is_refused: push(Fault::LosesWhatIsRefused),
        required_f2_the_same_comes_whatever_the_demand, "write() handed back";
    a_producer_whose_items_depend_on_the_demand: pull(Fault::CountsByDemand),
        required_f2_the_same_comes_whatever_the_demand, "another one at byte";
    a_producer_that_forgets_its_waker: pull(Fault::ForgetsItsWaker),
        required_f7_it_goes_on_whenever_there_is_room, "ctx.waker()";
    a_producer_that_never_says_done: pull(Fault::NeverEnds),
        required_f6_its_end_comes_behind_the_last_item, "the end, or another item";
    a_producer_that_ends_with_an_error: pull(Fault::FailsAtTheEnd),
        required_f6_its_end_comes_behind_the_last_item, "no more";
    a_producer_that_panics_when_it_is_stopped: push(Fault::PanicsWhenStopped),
        required_f9_a_stop_ends_it, "panicked: stopped";
    a_producer_that_blocks_its_thread: pull(Fault::Blocks),
        required_f10_it_gives_its_thread_back, "everybody else on its thread waited";
}
