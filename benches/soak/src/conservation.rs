//! Whether the figures of a link add up.

use aqueduct::link::EdgeReport;

/// What is known of a registration beside its own figures.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Items that were handled: their effect is there.
    pub handled: u64,
    /// Whether somebody aborted the stream, so that items may have been given up.
    pub aborted: bool,
    /// Items at most that a consumer may have handled and not committed, when an abort came before
    /// they could come again: 1 by trait, a batch by handler.
    pub in_hand: u64,
}

/// Tells what is wrong with the figures of a registration that is over; nothing if all is accounted
/// for.
#[must_use]
pub fn unbalanced(report: &EdgeReport, account: Account) -> Vec<String> {
    let (written, committed) = (report.written.items, report.committed.items);
    let discarded = report.discarded.items;
    let mut wrong = Vec::new();
    let mut require = |holds: bool, told: String| {
        if !holds {
            wrong.push(format!("{} → {}: {told}", report.producer, report.consumer));
        }
    };
    require(written == committed, format!("{written} written, and {committed} committed"));
    require(
        report.written.bytes == report.committed.bytes,
        format!("{} bytes written, {} committed", report.written.bytes, report.committed.bytes),
    );
    require(discarded <= committed, format!("{discarded} discarded, of {committed} committed"));
    require(
        discarded == 0 || account.aborted,
        format!("{discarded} discarded, and nobody aborted"),
    );
    let delivered = committed.saturating_sub(discarded);
    let beyond = if account.aborted { account.in_hand } else { 0 };
    require(
        (delivered..=delivered.saturating_add(beyond)).contains(&account.handled),
        format!("{delivered} delivered, and {} handled", account.handled),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use aqueduct::link::{Slot, Watermarks};

    /// The report of a link that has nothing wrong: 10 items, of which `discarded` were given up.
    fn report(discarded: u64) -> EdgeReport {
        let mut slot = Slot::new("taker", Watermarks::items(4, 16).unwrap());
        let mut outlet = slot.register("giver").unwrap();
        let mut inlet = slot.inlet().unwrap();
        for n in 0..10_u64 {
            let _ = outlet.write(n).unwrap();
        }
        let gauge = outlet.gauge();
        let taken = usize::try_from(10 - discarded).unwrap();
        assert_eq!(inlet.batch(64).advance(taken), taken);
        if discarded > 0 {
            slot.abort("enough");
        } else {
            outlet.finish();
        }
        drop((outlet, inlet));
        let mut report = gauge.report();
        // Who drops both ends by hand drains no ring.
        report.committed = report.written;
        report.discarded.items = discarded;
        report
    }

    fn account(handled: u64, aborted: bool) -> Account {
        Account { handled, aborted, in_hand: 1 }
    }

    #[test]
    fn what_is_all_there_is_balanced() {
        assert_eq!(unbalanced(&report(0), account(10, false)), Vec::<String>::new());
        assert_eq!(unbalanced(&report(4), account(6, true)), Vec::<String>::new());
        assert_eq!(unbalanced(&report(4), account(7, true)), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_is_told_with_the_link() {
        let told = unbalanced(&report(0), account(9, false));
        assert_eq!(told, ["giver → taker: 10 delivered, and 9 handled"]);
        assert_eq!(unbalanced(&report(0), account(11, false)).len(), 1);
        assert_eq!(unbalanced(&report(4), account(8, true)).len(), 1);
    }

    #[test]
    fn what_was_discarded_needs_a_reason() {
        let told = unbalanced(&report(4), account(6, false));
        assert_eq!(told, ["giver → taker: 4 discarded, and nobody aborted"]);
    }

    #[test]
    fn what_was_written_and_not_committed_is_told() {
        let mut short = report(0);
        short.committed.items -= 1;
        let told = unbalanced(&short, account(9, false));
        assert_eq!(told, ["giver → taker: 10 written, and 9 committed"]);
    }
}
