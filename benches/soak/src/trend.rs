//! The slope of memory, by least squares.

use std::time::Duration;

/// How much memory may rise in [`PER`].
pub const MOST_RISE: u64 = 1 << 20;

/// The time in which memory may rise by [`MOST_RISE`].
pub const PER: Duration = Duration::from_secs(600);

/// A shorter time tells only a leak that is larger than [`SETTLING`].
pub const SETTLED: Duration = Duration::from_secs(30);

/// How much memory may rise in less than [`SETTLED`].
pub const SETTLING: u64 = 4 << 20;

/// How many standard errors are taken for chance: a slope that is none exceeds two of them once in
/// forty runs, and needs [`MOST_RISE`] on top.
pub const ERRORS: f64 = 2.0;

/// A straight line through measured points: how memory changed as time went by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Bytes in a second.
    pub slope: f64,
    /// The standard error of the slope: how far chance alone may have tilted the line.
    pub error: f64,
    /// The time from the first point to the last.
    pub span: Duration,
    /// How many points there were.
    pub points: usize,
}

impl Trend {
    /// Returns the line through these points, of which the one with the least squares is taken;
    /// `None` if they do not determine one.
    #[must_use]
    pub fn through(points: &[(Duration, u64)]) -> Option<Self> {
        let number = points.len() as f64;
        let mean = |of: fn(&(Duration, u64)) -> f64| points.iter().map(of).sum::<f64>() / number;
        let (seconds, bytes) = (mean(|point| point.0.as_secs_f64()), mean(|point| point.1 as f64));
        let (mut spread, mut together) = (0.0, 0.0);
        for (at, rss) in points {
            let from_mean = at.as_secs_f64() - seconds;
            spread += from_mean * from_mean;
            together += from_mean * (*rss as f64 - bytes);
        }
        if spread <= 0.0 {
            return None;
        }
        let slope = together / spread;
        let off = |(at, rss): &(Duration, u64)| {
            let off = *rss as f64 - bytes - slope * (at.as_secs_f64() - seconds);
            off * off
        };
        let left_over: f64 = points.iter().map(off).sum();
        // Of two points a line misses none, which says nothing about chance.
        let error = (left_over / (number - 2.0).max(1.0) / spread).sqrt();
        let span = points.last()?.0.saturating_sub(points.first()?.0);
        Some(Self { slope, error, span, points: points.len() })
    }

    /// As [`through`](Self::through), of the least that was measured in each of so many equal parts
    /// of the time.
    ///
    /// What is in flight goes up and down with the load, and what leaks stays: it lifts the least
    /// as well.
    #[must_use]
    pub fn through_least(points: &[(Duration, u64)], parts: u32) -> Option<Self> {
        let (first, last) = (points.first()?.0, points.last()?.0);
        let part = (last - first) / parts.max(1) + Duration::from_nanos(1);
        let mut least: Vec<(Duration, u64)> = Vec::new();
        let mut part_now = u128::MAX;
        for (at, rss) in points {
            let part_of = (*at - first).as_nanos() / part.as_nanos();
            match least.last_mut() {
                Some(lowest) if part_of == part_now && lowest.1 <= *rss => {}
                Some(lowest) if part_of == part_now => *lowest = (*at, *rss),
                _ => least.push((*at, *rss)),
            }
            part_now = part_of;
        }
        Self::through(&least)
    }

    /// By how many bytes the line rises from its first point to its last.
    #[must_use]
    pub fn rise(&self) -> f64 {
        self.slope * self.span.as_secs_f64()
    }

    /// By how many bytes it may rise: [`MOST_RISE`] in each [`PER`], and what chance explains,
    /// [`ERRORS`] times the error of the line.
    ///
    /// A time shorter than [`PER`] may rise by as much as a whole one. An allocator takes memory by
    /// the page and by the arena, so that one step of some hundred KiB is there in a run of any
    /// length; a tenth of the time does not make it a tenth as high.
    /// Below [`SETTLED`] it may rise by [`SETTLING`]: the arenas of the threads are not full yet.
    #[must_use]
    pub fn most_rise(&self) -> f64 {
        if self.span < SETTLED {
            return SETTLING as f64;
        }
        let seconds = self.span.as_secs_f64();
        MOST_RISE as f64 * (seconds / PER.as_secs_f64()).max(1.0) + ERRORS * self.error * seconds
    }

    /// Returns whether memory rises by no more than it may in a run of this length.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.rise() <= self.most_rise()
    }

    /// The slope in KiB for ten minutes, as it is told.
    #[must_use]
    pub fn kib_in_ten_minutes(&self) -> f64 {
        self.slope * PER.as_secs_f64() / 1024.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn line(points: u64, bytes: impl Fn(u64) -> u64) -> Vec<(Duration, u64)> {
        (0..points).map(|n| (secs(n), bytes(n))).collect()
    }

    #[test]
    fn the_slope_of_a_line_is_its_slope() {
        let trend = Trend::through(&line(11, |n| 5_000 + 300 * n)).unwrap();
        assert!((trend.slope - 300.0).abs() < 1e-6, "{trend:?}");
        assert!((trend.rise() - 3_000.0).abs() < 1e-5, "{trend:?}");
        assert_eq!((trend.span, trend.points), (secs(10), 11));
    }

    #[test]
    fn noise_around_a_level_has_no_slope() {
        let trend = Trend::through(&line(1_001, |n| 1_000_000 + (n % 2) * 4_096)).unwrap();
        assert!(trend.rise().abs() < 100.0, "{trend:?}");
    }

    #[test]
    fn the_error_is_what_chance_may_have_done() {
        // A level of 100 and 300 in turns is off the line by 100, which for 101 points of a second
        // is 100 · √(101/99) / √85850 a second.
        let trend = Trend::through(&line(101, |n| 100 + (n % 2) * 200)).unwrap();
        assert!((trend.error - 0.344_6).abs() < 0.001, "{trend:?}");
        assert!(Trend::through(&line(50, |n| n * 7)).unwrap().error < 1e-9);
        assert!(Trend::through(&line(2, |n| n * 7)).unwrap().error < 1e-9);
    }

    #[test]
    fn what_chance_explains_is_no_leak() {
        // Steps of 4 MiB up and down, and no slope but what the last of them makes.
        let noisy = Trend::through(&line(60, |n| (8 << 20) + (n / 3 % 2) * (4 << 20))).unwrap();
        assert!(noisy.is_flat() && noisy.most_rise() > 2.0 * MOST_RISE as f64, "{noisy:?}");
    }

    #[test]
    fn what_falls_has_a_slope_below_zero_and_is_flat_enough() {
        let trend = Trend::through(&line(601, |n| (50 << 20) - n * 8_192)).unwrap();
        assert!(trend.slope < 0.0 && trend.is_flat());
    }

    #[test]
    fn points_that_determine_no_line_give_none() {
        assert_eq!(Trend::through(&[]), None);
        assert_eq!(Trend::through(&[(secs(3), 1)]), None);
        assert_eq!(Trend::through(&[(secs(3), 1), (secs(3), 9)]), None);
        assert_eq!(Trend::through_least(&[], 4), None);
    }

    #[test]
    fn a_mebibyte_in_ten_minutes_is_the_most() {
        let rising = |by: u64| Trend::through(&line(1_201, |n| n * by / 600)).unwrap();
        assert!(rising((1 << 20) - 600).is_flat());
        assert!(!rising((1 << 20) + 1_200).is_flat());
    }

    #[test]
    fn a_minute_may_rise_by_as_much_as_ten() {
        let rising = |by: u64| Trend::through(&line(61, |n| n * by / 60)).unwrap();
        assert!(rising((1 << 20) - 60).is_flat());
        assert!(!rising((1 << 20) + 120).is_flat());
    }

    #[test]
    fn a_time_in_which_nothing_settles_tells_large_leaks_only() {
        let rising = |by: u64| Trend::through(&line(11, |n| n * by / 10)).unwrap();
        assert!(rising(SETTLING - 100).is_flat());
        assert!(!rising(SETTLING + 100).is_flat());
    }

    #[test]
    fn bursts_do_not_lift_the_least_and_a_leak_does() {
        // Every fourth second is at the level, the others are bursts of growing height.
        let bursts = |leak: u64| {
            line(400, move |n| (8 << 20) + n * leak + if n % 4 == 0 { 0 } else { n * 65_536 })
        };
        assert!(!Trend::through(&bursts(0)).unwrap().is_flat());
        assert!(Trend::through_least(&bursts(0), 20).unwrap().is_flat());
        let leaking = Trend::through_least(&bursts(8_192), 20).unwrap();
        assert!((leaking.slope - 8_192.0).abs() < 400.0 && !leaking.is_flat(), "{leaking:?}");
    }
}
