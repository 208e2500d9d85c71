//! A link as one would write it for its meaning alone: the items are there, nothing is counted.

use std::collections::{BTreeSet, HashSet, VecDeque};

use aqueduct_flow::{Amount, Limits, Violation, outlet::Phase};

use crate::{Answer, front, say};

/// Both ends of a link and what lies between.
pub(crate) struct Naive {
    pub(crate) limits: Limits,
    pub(crate) quantum: Amount,
    /// Every item that was accepted.
    pub(crate) written: Vec<u64>,
    /// What the producer thinks is in the link.
    pub(crate) believed: VecDeque<u64>,
    /// What the producer was refused last.
    refused: Option<Vec<u64>>,
    pub(crate) why: BTreeSet<&'static str>,
    pub(crate) phase: Phase,
    /// Demand as the producer has heard of it; without it, the marks decide.
    pub(crate) asked: Option<u64>,
    /// What is really in the link; the first of them are in the consumer's hands.
    pub(crate) ring: VecDeque<u64>,
    pub(crate) in_hand: usize,
    /// What left the link, given up or not.
    pub(crate) gone: Vec<u64>,
    pub(crate) given_up: Vec<u64>,
    unpublished: Vec<u64>,
    /// Publications that the producer has not heard of.
    pub(crate) wire: VecDeque<Vec<u64>>,
    /// Places in the stream that somebody had in hand when they died.
    died_with: HashSet<usize>,
    ended: bool,
}

/// Whether there are at most so many, of at most this weight together.
fn within<'a>(weights: impl IntoIterator<Item = &'a u64>, mark: Amount) -> bool {
    let weights: Vec<_> = weights.into_iter().copied().collect();
    weights.len() as u64 <= mark.items && weights.iter().sum::<u64>() <= mark.bytes
}

impl Naive {
    pub(crate) fn new(limits: Limits, quantum: Amount) -> Self {
        Self {
            limits,
            quantum,
            written: vec![],
            believed: VecDeque::new(),
            refused: None,
            why: BTreeSet::new(),
            phase: Phase::Open,
            asked: None,
            ring: VecDeque::new(),
            in_hand: 0,
            gone: vec![],
            given_up: vec![],
            unpublished: vec![],
            wire: VecDeque::new(),
            died_with: HashSet::new(),
            ended: false,
        }
    }

    /// Does it, and says so if the producer has to pause or may go on.
    fn edge(&mut self, change: impl FnOnce(&mut Self) -> &'static [&'static str]) -> Answer {
        let paused = !self.why.is_empty();
        let mut names = change(self).to_vec();
        if self.phase == Phase::Open && paused == self.why.is_empty() {
            names.push(if paused { "Resume" } else { "Pause" });
        }
        say(&names)
    }

    pub(crate) fn write(&mut self, items: &[u64]) -> Answer {
        if self.phase != Phase::Open {
            return say(&["RefuseClosed"]);
        }
        if items.len() > 1 && !within(items, self.limits.capacity()) {
            return Err(Violation::NeverFits);
        }
        self.edge(|link| {
            let room = within(link.believed.iter().chain(items), link.limits.capacity());
            if !room && !link.believed.is_empty() {
                link.refused = Some(items.to_vec());
                link.why.insert("full");
                return &["RefuseFull"];
            }
            link.refused = None;
            link.written.extend(items);
            link.believed.extend(items);
            link.ring.extend(items);
            if !within(&link.believed, link.limits.high()) {
                link.why.insert("full");
            }
            &["Accept"]
        })
    }

    /// The producer hears of this many publications.
    pub(crate) fn hear(&mut self, count: usize) -> Answer {
        for heard in self.wire.drain(..count) {
            self.believed.drain(..heard.len());
        }
        if self.phase == Phase::Finishing && self.believed.is_empty() {
            self.phase = Phase::Done;
            return say(&["Done"]);
        }
        self.edge(|link| {
            let capacity = link.limits.capacity();
            let enough = link.believed.is_empty()
                || link
                    .refused
                    .iter()
                    .all(|items| within(link.believed.iter().chain(items), capacity));
            if enough && within(&link.believed, link.limits.low()) {
                link.why.remove("full");
            }
            &[]
        })
    }

    pub(crate) fn look(
        &mut self,
        peer: bool,
        user: bool,
        stop: bool,
        asked: Option<u64>,
    ) -> Answer {
        if let (Some(before), Some(now)) = (self.asked, asked)
            && now < before
        {
            return Err(Violation::TotalWentBack);
        }
        self.asked = asked;
        if stop && matches!(self.phase, Phase::Open | Phase::Finishing) {
            self.phase = Phase::Stopped;
            self.why.clear();
            return say(&["Stop"]);
        }
        if self.phase != Phase::Open {
            return say(&[]);
        }
        self.edge(|link| {
            for (name, holds) in [("peer", peer), ("user", user)] {
                link.why.remove(name);
                link.why.extend(holds.then_some(name));
            }
            &[]
        })
    }

    pub(crate) fn finish(&mut self) -> Answer {
        match self.phase {
            Phase::Open if self.believed.is_empty() => self.end(Phase::Done, &["Done"]),
            Phase::Open => self.end(Phase::Finishing, &[]),
            Phase::Stopped => say(&[]),
            Phase::Finishing | Phase::Done | Phase::Aborted => Err(Violation::AfterTheEnd),
        }
    }

    pub(crate) fn abort(&mut self) -> Answer {
        match self.phase {
            Phase::Open | Phase::Finishing => self.end(Phase::Aborted, &[]),
            Phase::Stopped | Phase::Done => say(&[]),
            Phase::Aborted => Err(Violation::AfterTheEnd),
        }
    }

    fn end(&mut self, phase: Phase, names: &[&str]) -> Answer {
        self.phase = phase;
        self.why.clear();
        say(names)
    }

    /// How many items, and of what weight, a pull producer is asked for.
    pub(crate) fn wanted(&self) -> Amount {
        if self.phase != Phase::Open || !self.why.is_empty() {
            return Amount::ZERO;
        }
        let high = self.limits.high();
        let least = u64::from(self.believed.is_empty());
        let room = high.items.saturating_sub(self.believed.len() as u64).max(least);
        let weight: u64 = self.believed.iter().sum();
        let asked = self.asked.unwrap_or(u64::MAX).saturating_sub(self.written.len() as u64);
        Amount::new(room.min(asked), high.bytes.saturating_sub(weight).max(least))
    }

    pub(crate) fn passes_high(&self, items: &[u64]) -> bool {
        !within(self.believed.iter().chain(items), self.limits.high())
    }

    pub(crate) fn lend(&mut self, count: usize) -> Answer {
        if self.ended {
            return Err(Violation::AfterTheEnd);
        }
        self.in_hand += count;
        say(&[])
    }

    pub(crate) fn commit(&mut self, count: usize) -> Answer {
        if count > self.in_hand {
            return Err(Violation::CommittedTooMuch);
        }
        self.in_hand -= count;
        self.take(count);
        let weight: u64 = self.unpublished.iter().sum();
        if self.unpublished.len() as u64 >= self.quantum.items || weight >= self.quantum.bytes {
            return self.publish(&["Publish"]);
        }
        say(&[])
    }

    pub(crate) fn discard(&mut self, count: usize) -> Answer {
        self.in_hand = self.in_hand.saturating_sub(count);
        self.given_up.extend(front(self.ring.iter().copied(), count));
        self.take(count);
        self.publish(&["Publish"])
    }

    pub(crate) fn put_back(&mut self) -> Answer {
        self.in_hand = 0;
        say(&[])
    }

    pub(crate) fn die(&mut self) -> Answer {
        self.died_with.extend(self.gone.len()..self.gone.len() + self.in_hand);
        self.put_back()
    }

    pub(crate) fn rest(&mut self) -> Answer {
        if self.unpublished.is_empty() {
            return say(&[]);
        }
        self.publish(&["Publish"])
    }

    pub(crate) fn read_end(&mut self) -> Answer {
        if self.ended {
            return Err(Violation::AfterTheEnd);
        }
        self.ended = true;
        if self.unpublished.is_empty() {
            return say(&["Tell"]);
        }
        self.publish(&["Publish", "Tell"])
    }

    pub(crate) fn next_came_before(&self) -> bool {
        self.died_with.contains(&(self.gone.len() + self.in_hand))
    }

    fn take(&mut self, count: usize) {
        let taken: Vec<_> = self.ring.drain(..count).collect();
        self.gone.extend(&taken);
        self.unpublished.extend(taken);
    }

    fn publish(&mut self, names: &[&str]) -> Answer {
        self.wire.push_back(std::mem::take(&mut self.unpublished));
        say(names)
    }
}
