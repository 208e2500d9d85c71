//! Random steps on one thread, against a queue that knows all: nothing is lost, nothing comes
//! twice unmarked, nothing out of order, and never is more held than the capacity.
//! A failure prints its steps, the shortest that proptest finds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use aqueduct_link::{
    AfterLoss, Amount, ByteCount, Flow, Gauge, Hold, Inlet, Lease, Limits, Outlet, Slot,
    SlotOptions, Turn, Watermarks, Weigh, WriteError,
};
use proptest::prelude::*;

/// An item is its number; some are heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item(u64);

impl Weigh for Item {
    fn weight(&self) -> u64 {
        self.0 % 5 * 10
    }
}

#[derive(Clone, Copy, Debug)]
enum Settle {
    Handled,
    Failed,
    Committed,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Write(u8),
    WriteAll(u8),
    Stage(bool),
    Spill,
    Ready,
    Flush,
    Turn,
    Batch { most: usize, leave_in_hand: bool },
    PutBack,
    Take(usize),
    Advance(usize),
    Rest,
    Lend(usize),
    Settle { how: Settle, taken: usize },
    HoldInlet,
    HoldOutlet,
    Release,
    Finish,
    Unregister,
    Revoke,
    Abort,
    DropOutlet,
    Register,
    DropInlet,
    Retake,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let settle = prop_oneof![Just(Settle::Handled), Just(Settle::Failed), Just(Settle::Committed)];
    let step = prop_oneof![
        12 => (1..6_u8).prop_map(Step::Write),
        3 => (1..9_u8).prop_map(Step::WriteAll),
        2 => any::<bool>().prop_map(Step::Stage),
        2 => Just(Step::Spill),
        4 => Just(Step::Ready),
        3 => Just(Step::Flush),
        8 => Just(Step::Turn),
        8 => (0..6_usize, any::<bool>())
            .prop_map(|(most, leave_in_hand)| Step::Batch { most, leave_in_hand }),
        3 => Just(Step::PutBack),
        3 => (1..4_usize).prop_map(Step::Take),
        3 => (1..4_usize).prop_map(Step::Advance),
        3 => Just(Step::Rest),
        5 => (1..5_usize).prop_map(Step::Lend),
        6 => (settle, 0..3_usize).prop_map(|(how, taken)| Step::Settle { how, taken }),
        1 => Just(Step::HoldInlet),
        1 => Just(Step::HoldOutlet),
        3 => Just(Step::Release),
        1 => Just(Step::Unregister),
        1 => Just(Step::Revoke),
        1 => Just(Step::Abort),
        1 => Just(Step::DropOutlet),
        4 => Just(Step::Register),
        2 => Just(Step::DropInlet),
        4 => Just(Step::Retake),
        1 => Just(Step::Finish),
    ];
    proptest::collection::vec(step, 1..120)
}

/// What the queue knows of an item that was accepted.
#[derive(Clone, Copy, Debug)]
struct Known {
    item: Item,
    epoch: u64,
    /// A consumer died with it in hand.
    marked: bool,
}

struct World {
    limits: Limits,
    slot: Slot<Item>,
    outlet: Option<Outlet<Item>>,
    inlet: Option<Inlet<Item>>,
    lease: Option<(Lease<Item>, usize)>,
    holds: Vec<Hold>,
    gauges: Vec<Gauge>,
    next: u64,
    epoch: u64,
    /// Accepted and neither handled nor given up, the oldest first.
    inside: VecDeque<Known>,
    /// Epochs whose items may be given up.
    aborted: Vec<u64>,
    accepted: u64,
    handled: u64,
    given_up: u64,
}

fn poll<R>(poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Option<R> {
    match poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

impl World {
    fn new(limits: Limits, slot: Slot<Item>) -> Self {
        slot.keep();
        let inlet = slot.clone().inlet().unwrap();
        let mut world = Self {
            limits,
            slot,
            outlet: None,
            inlet: Some(inlet),
            lease: None,
            holds: Vec::new(),
            gauges: Vec::new(),
            next: 0,
            epoch: 0,
            inside: VecDeque::new(),
            aborted: Vec::new(),
            accepted: 0,
            handled: 0,
            given_up: 0,
        };
        world.step(Step::Register);
        world
    }

    fn accept(&mut self, item: Item) {
        self.accepted += 1;
        self.inside.push_back(Known { item, epoch: self.epoch, marked: false });
    }

    /// What the current epoch holds in truth.
    fn held(&self) -> Amount {
        self.held_by(|epoch| epoch == self.epoch)
    }

    /// What these epochs hold in truth.
    fn held_by(&self, epochs: impl Fn(u64) -> bool) -> Amount {
        let mut held = Amount::ZERO;
        for known in self.inside.iter().filter(|known| epochs(known.epoch)) {
            held.items += 1;
            held.bytes += self.weight(known.item);
        }
        held
    }

    fn weight(&self, item: Item) -> u64 {
        match self.limits.capacity().bytes {
            u64::MAX => 0,
            _ => item.weight(),
        }
    }

    /// The queue gives up what was aborted before this item, and finds it.
    fn find(&mut self, item: Item) -> Known {
        while let Some(front) = self.inside.front().copied() {
            if front.item == item {
                return front;
            }
            assert!(self.aborted.contains(&front.epoch), "{item:?} overtook {front:?}");
            self.inside.pop_front();
            self.given_up += 1;
        }
        panic!("{item:?} came from nowhere, or twice");
    }

    fn handle(&mut self, item: Item) {
        self.find(item);
        self.inside.pop_front();
        self.handled += 1;
    }

    fn write(&mut self) {
        let item = Item(self.next);
        self.next += 1;
        let Some(outlet) = &mut self.outlet else { return };
        match outlet.write(item) {
            Ok(flow) => {
                assert_eq!(flow, outlet.flow());
                self.accept(item);
            }
            Err(WriteError::Full(refused)) => {
                assert_eq!(refused, item);
                let held = outlet.held();
                let more = held.checked_add(Amount::one(self.weight(item))).unwrap();
                let no_room = !more.fits(self.limits.capacity()) && held != Amount::ZERO;
                // What earlier registrations left takes room too, as it was when this one began.
                assert!(no_room || self.epoch > 1);
            }
            Err(WriteError::Closed(refused)) => {
                assert_eq!(refused, item);
                assert!(self.outlet.as_ref().unwrap().is_closed());
            }
        }
    }

    fn write_all(&mut self, count: u64) {
        let Some(outlet) = &mut self.outlet else { return };
        let mut source = (self.next..self.next + count).map(Item);
        let before = outlet.written().items;
        let refused = outlet.write_all(&mut source);
        let written = outlet.written().items - before;
        let taken = written + u64::from(refused.is_err());
        assert_eq!(source.next(), (taken < count).then(|| Item(self.next + taken)));
        for number in self.next..self.next + written {
            self.accept(Item(number));
        }
        self.next += count;
    }

    fn batch(&mut self, most: usize, leave_in_hand: bool) {
        let Some(mut inlet) = self.inlet.take() else { return };
        let mut batch = inlet.batch(most);
        let mut in_hand = None;
        loop {
            if leave_in_hand && batch.is_empty() {
                break;
            }
            let item = batch.next().copied();
            if let Some(before) = in_hand.take() {
                self.handle(before);
            }
            let Some(item) = item else { break };
            assert!(self.lease.is_none());
            assert_eq!(batch.redelivered(), self.find(item).marked, "{item:?}");
            in_hand = Some(item);
        }
        if let Some(item) = in_hand {
            self.find(item);
            self.inside[0].marked = true;
        }
        self.inlet = Some(inlet);
    }

    fn settle(&mut self, how: Settle, taken: usize) {
        let Some(mut inlet) = self.inlet.take() else { return };
        if let Some((mut lease, count)) = self.lease.take() {
            let taken = (0..taken).filter(|_| lease.take().is_some()).count();
            match how {
                Settle::Handled => inlet.lease_handled(),
                Settle::Committed => {
                    lease.commit();
                    inlet.lease_failed();
                }
                Settle::Failed => {
                    drop(lease);
                    inlet.lease_failed();
                    self.given_up += taken as u64;
                    self.inside.drain(..taken);
                    let left = self.inside.iter_mut().take(count - taken);
                    left.for_each(|known| known.marked = true);
                }
            }
            if !matches!(how, Settle::Failed) {
                self.handled += count as u64;
                self.inside.drain(..count);
            }
        }
        self.inlet = Some(inlet);
    }

    fn lend(&mut self, most: usize) {
        let Some(inlet) = &mut self.inlet else { return };
        let Some(lease) = inlet.lend_out(most) else { return };
        assert!(self.lease.is_none());
        let items: Vec<_> = lease.iter().copied().collect();
        self.find(items[0]);
        let known = self.inside.iter().take(items.len());
        assert!(known.clone().map(|known| known.item).eq(items.iter().copied()));
        assert_eq!(known.filter(|known| known.marked).count(), lease.redelivered());
        self.lease = Some((lease, items.len()));
    }

    fn turn(&mut self) {
        let Some(inlet) = &mut self.inlet else { return };
        let turn = poll(|cx| inlet.poll_turn(cx));
        if self.lease.is_some() {
            assert_eq!(turn, None);
            return;
        }
        let Some(outlet) = &mut self.outlet else { return };
        //= F7: the consumer waits, so the producer does not wait for it.
        if turn.is_none() && self.holds.is_empty() && !outlet.is_closed() {
            let ready = poll(|cx| outlet.poll_ready(cx));
            assert!(matches!(ready, Some(Ok(()) | Err(_))));
        }
    }

    fn register(&mut self) {
        match self.slot.register("producer") {
            Ok(outlet) if self.slot.is_closed() => assert!(outlet.stopped().is_some()),
            Ok(outlet) => {
                self.epoch += 1;
                self.gauges.push(outlet.gauge());
                self.outlet = Some(outlet);
            }
            Err(refused) => assert_eq!(&*refused.incumbent, "producer"),
        }
    }

    fn step(&mut self, step: Step) {
        match (step, &mut self.outlet) {
            (Step::Stage(on), Some(outlet)) => outlet.set_staging(on),
            (Step::Spill, Some(outlet)) => outlet.spill(),
            (Step::Ready, Some(outlet)) => {
                if let Some(Ok(())) = poll(|cx| outlet.poll_ready(cx)) {
                    assert_eq!(outlet.flow(), Flow::Go);
                }
            }
            (Step::Flush, Some(outlet)) => {
                let flushed = poll(|cx| outlet.poll_flush(cx));
                if flushed == Some(Ok(())) {
                    assert_eq!(self.held(), Amount::ZERO);
                }
            }
            (Step::HoldOutlet, Some(outlet)) => self.holds.push(outlet.hold("outlet")),
            (Step::Finish, Some(outlet)) => outlet.finish(),
            (Step::Unregister, Some(outlet)) => outlet.unregister(),
            (Step::Abort, Some(outlet)) => {
                if !outlet.is_closed() {
                    self.aborted.push(self.epoch);
                }
                outlet.abort("fire");
            }
            (Step::DropOutlet, outlet) => *outlet = None,
            (Step::Revoke, _) => self.slot.unregister(),
            (Step::Register, _) => self.register(),
            (Step::Write(count), _) => (0..count).for_each(|_| self.write()),
            (Step::WriteAll(count), _) => self.write_all(count.into()),
            (Step::Turn, _) => self.turn(),
            (Step::Batch { most, leave_in_hand }, _) => self.batch(most, leave_in_hand),
            (Step::PutBack, _) => {
                if let Some(inlet) = &mut self.inlet {
                    let mut batch = inlet.batch(1);
                    batch.next();
                    batch.put_back();
                }
            }
            (Step::Take(most), _) => {
                for _ in 0..most {
                    let inlet = self.inlet.as_mut();
                    if let Some(item) = inlet.and_then(|inlet| inlet.batch(1).take()) {
                        self.handle(item);
                    }
                }
            }
            (Step::Advance(most), _) => {
                let Some(inlet) = &mut self.inlet else { return };
                let mut batch = inlet.batch(most);
                let shown = batch.show(|first, second| [first, second].concat());
                assert_eq!(batch.advance(shown.len()), shown.len());
                shown.into_iter().for_each(|item| self.handle(item));
            }
            (Step::Rest, _) => self.inlet.iter_mut().for_each(Inlet::rest),
            (Step::Lend(most), _) => self.lend(most),
            (Step::Settle { how, taken }, _) => self.settle(how, taken),
            (Step::HoldInlet, _) => {
                self.holds.extend(self.inlet.iter().map(|inlet| inlet.hold("inlet")));
            }
            (Step::Release, _) => drop(self.holds.pop()),
            (Step::DropInlet, _) => self.inlet = None,
            (Step::Retake, _) => {
                if self.inlet.is_none() {
                    self.inlet = Some(self.slot.clone().inlet().unwrap());
                }
            }
            (
                Step::Stage(_)
                | Step::Spill
                | Step::Ready
                | Step::Flush
                | Step::HoldOutlet
                | Step::Finish
                | Step::Unregister
                | Step::Abort,
                None,
            ) => {}
        }
    }

    fn check(&mut self) {
        let held = self.held();
        //= F1
        // What was aborted may be discarded already; the queue learns that later.
        let all = self.held_by(|epoch| !self.aborted.contains(&epoch));
        let alone = all.items <= 1;
        assert!(all.fits(self.limits.capacity()) || alone, "{all} are held");
        if let Some(outlet) = &mut self.outlet {
            let believed = outlet.held();
            if !outlet.is_closed() {
                assert!(held.fits(believed), "the producer believes in less than the truth");
                assert_eq!(outlet.edges() % 2 == 0, outlet.reasons().is_empty());
            }
        }
        //= F2
        let inside = self.inside.len() as u64;
        assert_eq!(self.accepted, self.handled + self.given_up + inside);
    }

    /// Everybody goes, and the account is made up.
    fn close(mut self, drain: bool) {
        self.settle(Settle::Failed, 0);
        self.outlet = None;
        if drain {
            self.step(Step::Retake);
            self.settle(Settle::Failed, 0);
            while poll(|cx| self.inlet.as_mut().unwrap().poll_turn(cx)) == Some(Turn::Items) {
                self.batch(usize::MAX, false);
            }
            let aborted = &self.aborted;
            assert!(self.inside.iter().all(|known| aborted.contains(&known.epoch)));
        }
        self.slot.retire("the walk is over");
        self.inlet = None;
        self.given_up += self.inside.len() as u64;
        let mut sum = [0; 3];
        for report in self.gauges.iter().map(Gauge::report) {
            assert_eq!(report.committed, report.written);
            sum[0] += report.written.items;
            sum[1] += report.committed.items - report.discarded.items;
            sum[2] += report.discarded.items;
        }
        assert_eq!(sum, [self.accepted, self.handled, self.given_up]);
    }
}

fn walk(limits: Limits, slot: Slot<Item>, steps: &[Step], drain: bool) {
    let mut world = World::new(limits, slot);
    for step in steps {
        world.step(*step);
        world.check();
    }
    world.close(drain);
}

fn options(reopen: bool) -> SlotOptions {
    SlotOptions {
        after_loss: if reopen { AfterLoss::Reopen } else { AfterLoss::Close },
        ..SlotOptions::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_link_in_items_keeps_its_account(
        (low, high, capacity) in (0..4_u64, 0..6_u64, 1..6_u64),
        reopen: bool,
        drain: bool,
        steps in steps(),
    ) {
        let marks = Watermarks::items_within(low, low + high, low + high + capacity).unwrap();
        let slot = Slot::with_options("consumer", marks, options(reopen));
        walk(marks.limits(), slot, &steps, drain);
    }

    #[test]
    fn a_link_in_bytes_keeps_its_account(
        (low, high, capacity) in (0..40_u64, 0..60_u64, 0..60_u64),
        reopen: bool,
        drain: bool,
        steps in steps(),
    ) {
        let marks =
            Watermarks::<ByteCount>::bytes_within(low, low + high, low + high + capacity).unwrap();
        let slot = Slot::with_options("consumer", marks, options(reopen));
        walk(marks.limits(), slot, &steps, drain);
    }
}
