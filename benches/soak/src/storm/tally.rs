//! What the consumers of a storm have seen, over all their lives.

use aqueduct::actors::End;

use super::Kill;
use crate::outcome::Outcome;

/// What was given, done and killed.
pub(super) struct Tally {
    /// The item that is given next if nothing is lost.
    next_given: u64,
    /// The item whose effect comes next if nothing is lost.
    next_effect: u64,
    lives: u64,
    lost: u64,
    out_of_order: u64,
    /// Effects that were there already.
    duplicated: u64,
    /// Items that were given before.
    redelivered: u64,
    /// Of these, the ones that were marked.
    marked: u64,
    /// Items that were marked and had not been given before.
    wrongly_marked: u64,
    /// Items that came again since the last kill, and the most of any kill.
    again: u64,
    most_again: u64,
    kills: [u64; Kill::ALL.len()],
    pub(super) ends: Vec<End>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            next_given: 0,
            next_effect: 0,
            lives: 0,
            lost: 0,
            out_of_order: 0,
            duplicated: 0,
            redelivered: 0,
            marked: 0,
            wrongly_marked: 0,
            again: 0,
            most_again: 0,
            kills: [0; Kill::ALL.len()],
            ends: Vec::new(),
        }
    }

    /// A life begins.
    pub(super) fn live(&mut self) {
        self.lives += 1;
        self.again = 0;
    }

    /// The consumer has this item in hand.
    pub(super) fn given(&mut self, item: u64, marked: bool) {
        if item < self.next_given {
            self.redelivered += 1;
            self.marked += u64::from(marked);
            self.again += 1;
            self.most_again = self.most_again.max(self.again);
            self.out_of_order += u64::from(item + 1 < self.next_given);
        } else {
            self.lost += item - self.next_given;
            self.wrongly_marked += u64::from(marked);
            self.next_given = item + 1;
        }
    }

    /// The item's effect is there.
    pub(super) fn effect(&mut self, item: u64) {
        self.duplicated += u64::from(item < self.next_effect);
        self.next_effect = self.next_effect.max(item + 1);
    }

    pub(super) fn killed(&mut self, kill: Kill) {
        self.kills[kill as usize] += 1;
    }

    /// How many lives end by panics: a kill in the factory ends two.
    pub(super) fn expected_restarts(&self) -> u64 {
        self.kills.iter().sum::<u64>() + self.kills[Kill::InFactory as usize]
    }

    /// Prints what was seen, and complains of what must not be.
    pub(super) fn judge(&self, items: u64, kills: u64, outcome: &mut Outcome) {
        let [before, after, factory] = self.kills;
        println!(
            "{items} items, {kills} kills: {before} before the effect, {after} after it, {factory} in the factory"
        );
        println!(
            "{} lost, {} out of order, {} duplicated, {} redelivered and {} of them marked, at most {} for a kill",
            self.lost,
            self.out_of_order,
            self.duplicated,
            self.redelivered,
            self.marked,
            self.most_again
        );
        for (name, figure) in [
            ("items", items),
            ("kills", kills),
            ("kills_before_effect", before),
            ("kills_after_effect", after),
            ("kills_in_factory", factory),
            ("lives", self.lives),
            ("lost", self.lost),
            ("out_of_order", self.out_of_order),
            ("duplicated", self.duplicated),
            ("redelivered", self.redelivered),
            ("marked", self.marked),
            ("most_again_for_a_kill", self.most_again),
        ] {
            outcome.figure(name, figure);
        }
        outcome.require(self.lost == 0, || format!("{} items are lost", self.lost));
        outcome.require(self.next_effect == items, || {
            format!("{} of {items} items had their effect", self.next_effect)
        });
        outcome.require(self.out_of_order == 0, || {
            format!("{} items came out of order", self.out_of_order)
        });
        outcome.require(self.most_again <= 1, || {
            format!("{} items came again for one kill", self.most_again)
        });
        outcome.require(self.redelivered <= kills, || {
            format!("{} items came again for {kills} kills", self.redelivered)
        });
        outcome.require(self.marked == self.redelivered, || {
            format!("{} items came again unmarked", self.redelivered - self.marked)
        });
        outcome.require(self.wrongly_marked == 0, || {
            format!("{} items were marked at their first time", self.wrongly_marked)
        });
        outcome.require(self.duplicated == after, || {
            format!("{} effects came twice, of {after} kills after the effect", self.duplicated)
        });
        outcome.require(self.ends == [End::Finished], || {
            format!("the consumer was told the ends {:?}", self.ends)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of these gifts of items, each with its mark, that all have their effect.
    fn complaints(given: &[(u64, bool)], kills: &[Kill]) -> Vec<String> {
        let mut tally = Tally::new();
        for (item, marked) in given {
            tally.given(*item, *marked);
            tally.effect(*item);
        }
        kills.iter().for_each(|kill| tally.killed(*kill));
        tally.ends.push(End::Finished);
        let mut outcome = Outcome::default();
        tally.judge(3, kills.len() as u64, &mut outcome);
        outcome.complaints().to_vec()
    }

    fn check(given: &[(u64, bool)], kills: &[Kill], told: &[&str]) {
        assert_eq!(complaints(given, kills), told);
    }

    #[test]
    fn what_comes_once_is_good_and_once_more_after_a_kill_as_well() {
        check(&[(0, false), (1, false), (2, false)], &[], &[]);
        let again = [(0, false), (0, true), (1, false), (2, false)];
        check(&again, &[Kill::AfterEffect], &[]);
    }

    #[test]
    fn a_lost_item_is_told() {
        check(&[(0, false), (2, false)], &[], &["1 items are lost"]);
        let told = ["2 of 3 items had their effect"];
        check(&[(0, false), (1, false)], &[], &told);
    }

    #[test]
    fn an_item_that_comes_again_unmarked_is_told() {
        let again = [(0, false), (0, false), (1, false), (2, false)];
        check(&again, &[Kill::AfterEffect], &["1 items came again unmarked"]);
    }

    #[test]
    fn two_items_that_come_again_for_a_kill_are_told() {
        let again = [(0, false), (1, false), (0, true), (1, true), (2, false)];
        let told = complaints(&again, &[Kill::AfterEffect]);
        assert!(told.contains(&"2 items came again for one kill".to_owned()), "{told:?}");
        assert!(told.contains(&"1 items came out of order".to_owned()), "{told:?}");
    }

    #[test]
    fn a_mark_on_what_is_new_is_told() {
        let new = [(0, true), (1, false), (2, false)];
        check(&new, &[], &["1 items were marked at their first time"]);
    }
}
