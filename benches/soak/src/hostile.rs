//! A producer that ignores Pause and retries for ever, and what it costs eight healthy links on the
//! same arbiter.

mod links;

use std::time::{Duration, Instant};

use actix::System;
use actix_rt::task::JoinHandle;
use aqueduct::{actors::Running, prelude::*};
use serde_json::json;

use crate::{Broken, args, outcome::Outcome};
use links::{ByTrait, Counter, Slow, Steady, retry_for_ever};

/// Healthy links beside the hostile one.
const HEALTHY: usize = 8;
/// What is left of their rate at least.
const LEAST: f64 = 0.95;

/// Who is there beside the healthy links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Neighbour {
    None,
    /// A producer that is asked for items, as the healthy ones: what the ninth link costs by itself.
    Polite,
    /// A push producer in a shell, which is called only while it may write.
    ByTrait,
    /// A task that has the outlet itself, and never sleeps.
    ByTask,
}

impl Neighbour {
    const ALL: [Self; 4] = [Self::None, Self::Polite, Self::ByTrait, Self::ByTask];

    const fn name(self) -> &'static str {
        match self {
            Self::None => "without it",
            Self::Polite => "polite",
            Self::ByTrait => "by trait",
            Self::ByTask => "by task",
        }
    }

    const fn is_hostile(self) -> bool {
        matches!(self, Self::ByTrait | Self::ByTask)
    }
}

/// What came of one round.
#[derive(Clone, Copy, Debug)]
struct Round {
    /// Items a second, of all healthy links together.
    rate: f64,
    /// Writes that were refused, a second.
    refused: f64,
}

/// The healthy links, which run all the time.
struct Street {
    items: Counter,
    slots: Vec<Slot<u64>>,
}

impl Street {
    fn start() -> Result<Self, Broken> {
        let (items, mut slots) = (Counter::default(), Vec::new());
        for _ in 0..HEALTHY {
            let slot = Slot::new("healthy consumer", Watermarks::items(64, 256)?);
            let outlet = slot.register("healthy producer")?;
            Shell::consumer("healthy consumer", Steady(items.clone()), &slot)?.start();
            Shell::pull("healthy producer", Steady(items.clone()), outlet).start();
            slots.push(slot);
        }
        Ok(Self { items, slots })
    }

    /// Measures the links for this time, with this neighbour beside them.
    async fn round(
        &self,
        neighbour: Neighbour,
        time: Duration,
        tries: u32,
    ) -> Result<Round, Broken> {
        let refused = Counter::default();
        let guest = Guest::start(neighbour, tries, &refused)?;
        // Whoever has come fills its link first; without a guest the time passes all the same.
        tokio::time::sleep(time / 10).await;
        let (began, before, refused_before) = (Instant::now(), self.items.get(), refused.get());
        tokio::time::sleep(time).await;
        let seconds = began.elapsed().as_secs_f64();
        let of = |now: u64, before: u64| (now - before) as f64 / seconds;
        let round = Round {
            rate: of(self.items.get(), before),
            refused: of(refused.get(), refused_before),
        };
        if let Some(guest) = guest {
            guest.leave().await?;
        }
        Ok(round)
    }
}

/// The hostile link of one round.
struct Guest {
    slot: Slot<u64>,
    consumer: Running<Slow>,
    task: Option<JoinHandle<()>>,
}

impl Guest {
    fn start(neighbour: Neighbour, tries: u32, refused: &Counter) -> Result<Option<Self>, Broken> {
        if neighbour == Neighbour::None {
            return Ok(None);
        }
        let slot = Slot::new("slow consumer", Watermarks::items(64, 256)?);
        let outlet = slot.register("hostile producer")?;
        let consumer = Shell::consumer("slow consumer", Slow, &slot)?.start();
        let mut task = None;
        match neighbour {
            Neighbour::None | Neighbour::Polite => {
                let producer = Steady(Counter::default());
                Shell::pull("polite producer", producer, outlet).start();
            }
            Neighbour::ByTrait => {
                let producer = ByTrait::new(tries, refused.clone());
                Shell::push("hostile producer", producer, outlet).start();
            }
            Neighbour::ByTask => {
                task = Some(actix_rt::spawn(retry_for_ever(outlet, tries, refused.clone())));
            }
        }
        Ok(Some(Self { slot, consumer, task }))
    }

    async fn leave(self) -> Result<(), Broken> {
        self.slot.abort("the round is over");
        self.consumer.finished().await?;
        if let Some(task) = self.task {
            task.await?;
        }
        Ok(())
    }
}

/// Alternates between the neighbours; the results are in the order of [`Neighbour::ALL`].
async fn alternate(
    rounds: u32,
    time: Duration,
    tries: u32,
) -> Result<[Vec<Round>; Neighbour::ALL.len()], Broken> {
    let street = Street::start()?;
    let mut measured = Neighbour::ALL.map(|_| Vec::new());
    // The first time is no measure: links fill, and caches.
    street.round(Neighbour::None, time, tries).await?;
    for number in 0..rounds as usize {
        // Each time another one is first, so that whatever else the machine does meets all.
        for place in 0..Neighbour::ALL.len() {
            let which = (number + place) % Neighbour::ALL.len();
            measured[which].push(street.round(Neighbour::ALL[which], time, tries).await?);
        }
    }
    street.slots.iter().for_each(|slot| slot.abort("all is measured"));
    Ok(measured)
}

/// A median, and what half of the values lie between.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    quarter: f64,
    middle: f64,
    three_quarters: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let at = |quarters: usize| sorted.get(last * quarters / 4).copied().unwrap_or(f64::NAN);
        Self { quarter: at(1), middle: at(2), three_quarters: at(3) }
    }
}

pub(crate) fn check(args: &args::Hostile, short: bool) -> Result<Outcome, Broken> {
    let rounds = args.rounds.unwrap_or(if short { 10 } else { 100 });
    let measured = System::new().block_on(alternate(rounds, args.round, args.tries))?;
    Ok(judge(&measured, args.tries))
}

fn judge(measured: &[Vec<Round>; Neighbour::ALL.len()], tries: u32) -> Outcome {
    let mut outcome = Outcome::default();
    println!(
        "{} rounds of each; {HEALTHY} healthy links; {tries} tries in a turn",
        measured[0].len()
    );
    for (which, neighbour) in Neighbour::ALL.iter().enumerate() {
        let with: Vec<f64> = measured[which].iter().map(|round| round.rate).collect();
        let refused: Vec<f64> = measured[which].iter().map(|round| round.refused).collect();
        // Each round beside the one without it of the same turn: what is slow for seconds is slow
        // for both.
        let pairs = with.iter().zip(&measured[0]).map(|(with, alone)| with / alone.rate);
        let ratios: Vec<f64> = pairs.collect();
        let (rate, ratio) = (Spread::of(&with), Spread::of(&ratios));
        println!(
            "{:<10}  {:6.1} M items/s ({:.1} to {:.1}); {:.3} of the rate without it ({:.3} to {:.3}); {:.2} M writes refused/s",
            neighbour.name(),
            rate.middle / 1e6,
            rate.quarter / 1e6,
            rate.three_quarters / 1e6,
            ratio.middle,
            ratio.quarter,
            ratio.three_quarters,
            Spread::of(&refused).middle / 1e6
        );
        outcome.figure(
            neighbour.name(),
            json!({"rates": with, "ratios": ratios, "ratio": ratio.middle, "refused": refused}),
        );
        outcome.require(!neighbour.is_hostile() || ratio.middle >= LEAST, || {
            format!(
                "{}: {:.3} of the rate is left, and not {LEAST}",
                neighbour.name(),
                ratio.middle
            )
        });
        let was_hostile = refused.iter().any(|refused| *refused > 0.0);
        outcome.require(!neighbour.is_hostile() || was_hostile, || {
            format!("{}: nothing was refused, so it was not hostile", neighbour.name())
        });
    }
    println!("each figure is a median; half of the rounds are between those in parentheses");
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_median_and_the_quartiles() {
        let spread = Spread::of(&[5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(spread, Spread { quarter: 2.0, middle: 3.0, three_quarters: 4.0 });
        assert!(Spread::of(&[]).middle.is_nan());
    }

    fn measured(rates: [f64; 4]) -> [Vec<Round>; Neighbour::ALL.len()] {
        rates.map(|rate| vec![Round { rate, refused: 1.0 }; 3])
    }

    #[test]
    fn a_neighbour_that_takes_more_than_its_share_is_told() {
        let code = |rates| judge(&measured(rates), 64).complaints().len();
        assert_eq!(code([100.0, 90.0, 96.0, 95.0]), 0);
        assert_eq!(code([100.0, 99.0, 94.0, 90.0]), 2);
    }
}
