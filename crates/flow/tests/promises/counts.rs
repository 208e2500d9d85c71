//! What everybody relies on: amounts, marks, holds, and how they are told.

use aqueduct_flow::{
    Amount, Effects, HoldEdge, Holds, Limits, LimitsError, Reason, Reasons, Violation,
    outlet::Effect,
};

use crate::{MAX, items, one};

const fn of(items: u64, bytes: u64) -> Amount {
    Amount::new(items, bytes)
}

#[test]
fn f1_an_amount_fits_when_both_parts_do() {
    let cases = [
        (of(0, 0), of(0, 0), true),
        (of(1, 1), of(1, 1), true),
        (of(2, 1), of(1, 9), false),
        (of(1, 2), of(9, 1), false),
        (MAX, MAX, true),
        (MAX, of(u64::MAX, 0), false),
    ];
    for (amount, limit, fits) in cases {
        assert_eq!(amount.fits(limit), fits, "{amount} in {limit}");
    }
}

#[test]
fn f1_amounts_do_not_wrap() {
    let cases = [
        (of(0, 0), of(0, 0), Some(of(0, 0)), Some(of(0, 0))),
        (of(3, 4), of(1, 2), Some(of(4, 6)), Some(of(2, 2))),
        (of(0, 1), of(1, 0), Some(of(1, 1)), None),
        (of(1, 0), of(0, 1), Some(of(1, 1)), None),
        (MAX, of(1, 0), None, Some(of(u64::MAX - 1, u64::MAX))),
        (MAX, of(0, 1), None, Some(of(u64::MAX, u64::MAX - 1))),
        (MAX, MAX, None, Some(Amount::ZERO)),
    ];
    for (left, right, sum, difference) in cases {
        assert_eq!(left.checked_add(right), sum, "{left} + {right}");
        assert_eq!(left.checked_sub(right), difference, "{left} - {right}");
    }
    assert_eq!(of(1, 5).saturating_sub(of(2, 3)), of(0, 2));
    assert_eq!(of(1, 5).max(of(2, 3)), of(2, 5));
}

#[test]
fn f1_only_nothing_of_both_is_nothing() {
    let cases = [(of(0, 0), true), (items(1), false), (of(0, 1), false), (one(0), false)];
    for (amount, zero) in cases {
        assert_eq!(amount.is_zero(), zero, "{amount}");
    }
}

#[test]
fn f1_marks_that_contradict_each_other_are_no_limits() {
    let low_above = |low, high| Err(LimitsError::LowAboveHigh { low, high });
    let high_above = |high, capacity| Err(LimitsError::HighAboveCapacity { high, capacity });
    let cases = [
        (items(0), items(0), items(1), Ok(())),
        (of(1, 1), of(1, 1), of(1, 1), Ok(())),
        (MAX, MAX, MAX, Ok(())),
        (items(2), items(1), items(9), low_above(items(2), items(1))),
        (of(1, 2), of(9, 1), MAX, low_above(of(1, 2), of(9, 1))),
        (items(1), items(3), items(2), high_above(items(3), items(2))),
        (of(1, 1), of(1, 3), of(9, 2), high_above(of(1, 3), of(9, 2))),
        (items(0), items(0), of(0, 9), Err(LimitsError::NoRoom)),
    ];
    for (low, high, capacity, expected) in cases {
        let limits = Limits::new(low, high, capacity);
        let shown = limits
            .map(|it| assert_eq!((it.low(), it.high(), it.capacity()), (low, high, capacity)));
        assert_eq!(shown, expected);
    }
}

#[test]
fn f3_the_flow_is_held_from_the_first_hold_to_the_last_release() {
    let mut holds = Holds::default();
    assert!(!holds.is_held());
    let (first, edge) = holds.take("disk").unwrap();
    assert_eq!(edge, HoldEdge::Held);
    let (second, edge) = holds.take("operator").unwrap();
    assert_eq!(edge, HoldEdge::None);
    assert_eq!(holds.release(first), Ok(HoldEdge::None));
    assert!(holds.is_held());
    assert_eq!(holds.release(second), Ok(HoldEdge::Free));
    assert!(!holds.is_held());
}

#[test]
fn f3_two_holds_of_one_name_are_two() {
    let mut holds = Holds::default();
    let (first, _) = holds.take("disk").unwrap();
    let (second, _) = holds.take(String::from("disk")).unwrap();
    assert_ne!(first, second);
    assert_eq!(holds.release(second), Ok(HoldEdge::None));
    assert_eq!(holds.names().collect::<Vec<_>>(), ["disk"]);
}

#[test]
fn f3_a_hold_is_released_once_and_takes_nobody_elses_with_it() {
    let mut holds = Holds::default();
    let (gone, _) = holds.take("gone").unwrap();
    assert_eq!(holds.release(gone), Ok(HoldEdge::Free));
    let (kept, _) = holds.take("kept").unwrap();
    let before = holds.clone();
    assert_ne!(gone, kept);
    assert_eq!(holds.release(gone), Err(Violation::NoSuchHold));
    assert_eq!(holds, before);
}

#[test]
fn f3_holders_are_named_oldest_first() {
    let mut holds = Holds::default();
    let ids = ["a", "b", "c", "d"].map(|name| holds.take(name).unwrap().0);
    let _ = holds.release(ids[1]).unwrap();
    assert_eq!(holds.names().collect::<Vec<_>>(), ["a", "c", "d"]);
}

#[test]
fn f3_reasons_are_named_most_telling_first() {
    let mut reasons = Reasons::NONE;
    for reason in [Reason::User, Reason::Full, Reason::Peer, Reason::Full] {
        reasons.set(reason, true);
    }
    assert_eq!(format!("{reasons:?}"), "{Full, Peer, User}");
    reasons.set(Reason::Full, false);
    let told: Vec<_> = reasons.iter().map(|reason| reason.to_string()).collect();
    assert_eq!(told, ["held by the consumer", "held by the producer"]);
}

#[test]
fn f10_effects_are_a_set_in_the_order_of_their_declaration() {
    let effects = Effects::of(Effect::Pause).and(Effect::Accept).and(Effect::Pause);
    assert_eq!(format!("{effects:?}"), "[Accept, Pause]");
    assert!(effects.contains(Effect::Accept) && !effects.contains(Effect::Resume));
    assert_eq!(effects, Effects::none().and_if(true, Effect::Accept).and(Effect::Pause));
    assert!(Effects::<Effect>::none().and_if(false, Effect::Stop).is_empty());
}

#[test]
fn marks_that_contradict_each_other_are_told_with_both_amounts() {
    let (low, high) = (Amount::new(3, 20), Amount::new(3, 10));
    assert_eq!(
        LimitsError::LowAboveHigh { low, high }.to_string(),
        "the low mark (3 items, 20 bytes) is above the high mark (3 items, 10 bytes): \
         give the smaller one first"
    );
}

#[test]
fn messages_are_lower_case_and_have_no_full_stop() {
    use Violation::{
        AfterTheEnd, CommittedTooMuch, NeverFits, NoSuchHold, Overflow, TotalWentBack,
    };

    let violations =
        [Overflow, TotalWentBack, CommittedTooMuch, NeverFits, AfterTheEnd, NoSuchHold];
    let limits = [
        LimitsError::LowAboveHigh { low: items(2), high: items(1) },
        LimitsError::HighAboveCapacity { high: items(2), capacity: items(1) },
        LimitsError::NoRoom,
        LimitsError::TooManyItems { asked: 2, most: 1 },
    ];
    let violations = violations.iter().map(ToString::to_string);
    for message in violations.chain(limits.iter().map(ToString::to_string)) {
        assert!(message.starts_with(char::is_lowercase) && !message.ends_with('.'), "{message}");
    }
}
