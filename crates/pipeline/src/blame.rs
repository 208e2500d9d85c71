//! Which stage limits a pipeline.
//!
//! An actor that waits for items, or is paused since the link behind it is full, could do more than
//! it does: so the least idle one limits the pipeline.
//! Of several that are about as busy it is the last, since one before it can be held back without
//! a pause (a producer that is asked is just not asked), while behind a slow actor everybody waits.
//! But where transforms were seen to work for most of the time, they are it, whoever else was not
//! idle: on one arbiter an actor is not idle while it waits for its turn.
//! In that actor, the slowest transform is named, if its producer does not take longer than that.

use std::time::Duration;

use serde::Serialize;

/// Actors whose idle parts of the time differ by less than this are as busy as each other.
const NEARLY: f64 = 0.1;

/// A transform that took this part of its actor's time is told so.
const MOST_OF_IT: f64 = 0.5;

/// An actor, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Actor<'a> {
    /// What it begins with: a producer, a stage, a transform behind a link, or a consumer.
    pub(crate) name: &'a str,
    /// The transforms in it, with the time that each took.
    pub(crate) steps: Vec<(&'a str, Duration)>,
    /// The link before it; the producer has none.
    pub(crate) before: Option<Link>,
}

/// A link, as far as it matters here.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    /// For how long its producer was paused because it was full.
    pub(crate) full: Duration,
    /// For how long its consumer waited.
    pub(crate) waited: Duration,
    /// For how long it was there.
    pub(crate) running: Duration,
}

/// The stage that limits a pipeline, and how it shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blame {
    /// The name of the stage.
    pub stage: String,
    /// Why it is the one.
    pub because: Because,
    /// The part of the time in which it showed, from 0 to 1.
    pub share: f64,
}

/// How it shows that a stage limits a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Because {
    /// It hardly ever waited for items: they waited for it.
    ItemsWaitedForIt,
    /// Everybody behind it waited for items.
    EverybodyBehindItWaited,
    /// Its actor did little else.
    ItTookMostOfItsActorsTime,
}

impl std::fmt::Display for Blame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = self.share * 100.0;
        match self.because {
            Because::ItemsWaitedForIt => {
                write!(f, "{}: items waited for it {share:.0} % of the time", self.stage)
            }
            Because::EverybodyBehindItWaited => {
                write!(f, "{}: the next waited for it {share:.0} % of the time", self.stage)
            }
            Because::ItTookMostOfItsActorsTime => {
                write!(f, "{}: it took {share:.0} % of its actor's time", self.stage)
            }
        }
    }
}

/// Finds the stage that limits the pipeline; the actors are in the order of the data.
pub(crate) fn blame(actors: &[Actor<'_>]) -> Option<Blame> {
    let times: Vec<_> = (0..actors.len()).map(|at| Times::of(actors, at)).collect();
    let least = times.iter().map(Times::idle).fold(1.0, f64::min);
    let least_idle = || times.iter().rposition(|times| times.idle() < least + NEARLY);
    let guilty = seen_at_work(actors, &times).or_else(least_idle)?;
    let (actor, times) = (&actors[guilty], &times[guilty]);
    let shows = match actor.before {
        Some(_) => (Because::ItemsWaitedForIt, 1.0 - times.waited),
        None => (Because::EverybodyBehindItWaited, times.next_waited),
    };
    let (stage, (because, share)) = match slowest_step(actor, times) {
        Some((step, share)) if share > MOST_OF_IT => {
            (step, (Because::ItTookMostOfItsActorsTime, share))
        }
        Some((step, _)) => (step, shows),
        None => (actor.name, shows),
    };
    Some(Blame { stage: stage.into(), because, share })
}

/// The actor whose transforms worked the longest, if that is most of the time.
fn seen_at_work(actors: &[Actor<'_>], times: &[Times]) -> Option<usize> {
    let worked = |at: usize| {
        let all: Duration = actors[at].steps.iter().map(|(_, busy)| *busy).sum();
        share(all, times[at].running)
    };
    let hardest = (0..actors.len()).max_by(|a, b| worked(*a).total_cmp(&worked(*b)))?;
    (worked(hardest) > MOST_OF_IT).then_some(hardest)
}

/// What an actor did with its time: parts of it, from 0 to 1.
struct Times {
    /// It waited for items.
    waited: f64,
    /// It was paused, since the link behind it was full.
    paused: f64,
    /// The actor behind it waited for items.
    next_waited: f64,
    /// How long the actor was there.
    running: Duration,
}

impl Times {
    fn of(actors: &[Actor<'_>], at: usize) -> Self {
        let before = actors[at].before.unwrap_or_default();
        let behind = actors.get(at + 1).and_then(|next| next.before).unwrap_or_default();
        Self {
            waited: share(before.waited, before.running),
            paused: share(behind.full, behind.running),
            next_waited: share(behind.waited, behind.running),
            running: before.running.max(behind.running),
        }
    }

    /// The part of the time in which it could not go on.
    fn idle(&self) -> f64 {
        (self.waited + self.paused).min(1.0)
    }
}

/// The transform that took the most of its actor's time, and which part of the time in which the
/// actor was not idle; none if the producer that it is fused to took longer.
fn slowest_step<'a>(actor: &Actor<'a>, times: &Times) -> Option<(&'a str, f64)> {
    let busy = times.running.mul_f64(1.0 - times.idle());
    let (name, slowest) = actor.steps.iter().copied().max_by_key(|(_, busy)| *busy)?;
    let all: Duration = actor.steps.iter().map(|(_, busy)| *busy).sum();
    // An actor behind a link does nothing but transform.
    let transforms_only = actor.before.is_some();
    let of_the_producer = busy.saturating_sub(all);
    (transforms_only || slowest > of_the_producer).then(|| (name, share(slowest, busy)))
}

fn share(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { (part.as_secs_f64() / whole.as_secs_f64()).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Duration = Duration::from_millis(100);

    fn link(full: u64, waited: u64) -> Option<Link> {
        let [full, waited] = [full, waited].map(Duration::from_millis);
        Some(Link { full, waited, running: WHOLE })
    }

    /// An actor: its name, its transforms and their milliseconds of 100, and its link.
    type Told<'a> = (&'a str, &'a [(&'a str, u64)], Option<Link>);

    fn check(actors: &[Told<'_>], guilty: &str, because: Because) {
        let actors: Vec<_> = actors
            .iter()
            .map(|(name, steps, before)| Actor {
                name,
                steps: steps.iter().map(|(n, ms)| (*n, Duration::from_millis(*ms))).collect(),
                before: *before,
            })
            .collect();
        let blame = blame(&actors).expect("there are actors");
        assert_eq!((&*blame.stage, blame.because), (guilty, because), "{blame}");
        assert!((0.0..=1.0).contains(&blame.share), "{blame}");
    }

    #[test]
    fn a_slow_consumer_is_blamed_whether_its_producer_is_paused_or_just_not_asked() {
        for full in [95, 0] {
            let actors = [("in", &[][..], None), ("out", &[], link(full, 2))];
            check(&actors, "out", Because::ItemsWaitedForIt);
        }
    }

    #[test]
    fn a_producer_is_blamed_if_everybody_behind_it_waits() {
        let actors = [("in", &[][..], None), ("mid", &[], link(0, 90)), ("out", &[], link(0, 95))];
        check(&actors, "in", Because::EverybodyBehindItWaited);
    }

    #[test]
    fn a_consumer_that_waits_some_of_the_time_does_not_limit_its_producer() {
        // It gets bursts from a rate limit, and works a good part of the time.
        let actors = [("in", &[][..], None), ("limit", &[], link(0, 1)), ("out", &[], link(0, 40))];
        check(&actors, "limit", Because::ItemsWaitedForIt);
    }

    #[test]
    fn a_slow_actor_in_the_middle_is_blamed_though_the_link_behind_it_is_empty() {
        let actors = [("in", &[][..], None), ("mid", &[], link(97, 1)), ("out", &[], link(0, 96))];
        check(&actors, "mid", Because::ItemsWaitedForIt);
    }

    #[test]
    fn of_two_full_links_the_last_one_tells() {
        let actors = [("in", &[][..], None), ("mid", &[], link(95, 0)), ("out", &[], link(93, 1))];
        check(&actors, "out", Because::ItemsWaitedForIt);
    }

    #[test]
    fn a_pause_for_another_reason_than_a_full_link_accuses_no_consumer() {
        // Somebody holds the flow: the consumer waits, and no link is full.
        let actors = [("in", &[][..], None), ("out", &[], link(0, 98))];
        check(&actors, "in", Because::EverybodyBehindItWaited);
    }

    #[test]
    fn a_transform_is_blamed_that_takes_more_than_its_producer() {
        let slow = [("quick", 3), ("slow", 90)];
        let actors = [("in", &slow[..], None), ("out", &[], link(0, 95))];
        check(&actors, "slow", Because::ItTookMostOfItsActorsTime);
        let quick = [("quick", 3), ("slow", 20)];
        let actors = [("in", &quick[..], None), ("out", &[], link(0, 95))];
        check(&actors, "in", Because::EverybodyBehindItWaited);
    }

    #[test]
    fn transforms_that_work_most_of_the_time_are_blamed_though_their_consumer_hardly_waits() {
        // All on one arbiter: while the transforms work, the consumer has items, and no turn.
        let steps = [("lines", 37), ("filter", 56)];
        let actors = [("in", &steps[..], None), ("out", &[], link(4, 14))];
        check(&actors, "filter", Because::ItTookMostOfItsActorsTime);
    }

    #[test]
    fn a_transform_of_a_paused_producer_is_measured_by_the_time_it_had() {
        let steps = [("map", 30)];
        let actors = [("in", &steps[..], None), ("out", &[], link(60, 80))];
        check(&actors, "map", Because::ItTookMostOfItsActorsTime);
    }

    #[test]
    fn behind_a_link_the_slowest_of_many_transforms_is_named() {
        let steps = [("first", 10), ("second", 43), ("third", 42)];
        let actors =
            [("in", &[][..], None), ("first", &steps[..], link(95, 0)), ("out", &[], link(0, 95))];
        check(&actors, "second", Because::ItemsWaitedForIt);
    }

    #[test]
    fn where_nothing_was_measured_somebody_is_named_and_nothing_divided_by_zero() {
        let nothing = Some(Link::default());
        let actors = [("in", &[("map", 0)][..], None), ("out", &[], nothing)];
        check(&actors, "out", Because::ItemsWaitedForIt);
        assert_eq!(blame(&[]), None);
    }
}
