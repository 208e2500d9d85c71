//! A bucket of tokens: how many items may pass, and when the next one may.

use std::time::Duration;

/// How many tokens come in which time, and how many can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    tokens: u64,
    /// The time in which they come, in nanoseconds.
    period: u64,
    burst: u64,
}

/// Why a rate is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Nothing would ever pass.
    #[error("a rate of 0 lets nothing pass: take at least 1, or a longer time")]
    NoTokens,
    /// Everything would pass at once.
    #[error("a rate needs a time that is longer than 0: take no rate if all may pass at once")]
    NoTime,
    /// A time of more than 584 years.
    #[error("the time of a rate is longer than 584 years: take a shorter one")]
    TooSlow,
    /// Nothing could be kept, and so nothing would ever pass.
    #[error("a burst of 0 lets nothing pass: take at least 1")]
    NoBurst,
}

impl Rate {
    /// Returns the rate of so many tokens a second.
    ///
    /// # Errors
    /// If there are none.
    pub fn per_second(tokens: u64) -> Result<Self, RateError> {
        Self::per(tokens, Duration::from_secs(1))
    }

    /// Returns the rate of so many tokens in so much time; they come evenly.
    ///
    /// The burst is `tokens`, so that who takes a pause of one period loses nothing.
    ///
    /// # Errors
    /// If there are none, or the time is 0 or above 584 years.
    pub fn per(tokens: u64, period: Duration) -> Result<Self, RateError> {
        let period = u64::try_from(period.as_nanos()).map_err(|_| RateError::TooSlow)?;
        match (tokens, period) {
            (0, _) => Err(RateError::NoTokens),
            (_, 0) => Err(RateError::NoTime),
            _ => Ok(Self { tokens, period, burst: tokens }),
        }
    }

    /// Sets the most tokens that can be kept: so many may pass at once after a pause.
    ///
    /// # Errors
    /// If it is 0.
    pub const fn burst(mut self, tokens: u64) -> Result<Self, RateError> {
        if tokens == 0 {
            return Err(RateError::NoBurst);
        }
        self.burst = tokens;
        Ok(self)
    }

    /// What a full bucket holds, in parts of tokens.
    fn full(self) -> u128 {
        parts(self.burst, self)
    }
}

/// Tokens in parts: a token has as many as the period has nanoseconds, so that each nanosecond
/// brings a whole number of them and nothing is ever rounded away.
fn parts(tokens: u64, rate: Rate) -> u128 {
    u128::from(tokens) * u128::from(rate.period)
}

/// Counts the tokens of a [`Rate`].
///
/// It knows no clock: whoever has one tells the time, as what has passed since some fixed moment.
#[derive(Clone, Debug)]
pub struct RateLimit {
    rate: Rate,
    /// What is there, in parts of tokens.
    kept: u128,
    /// What was spent before it was there, in parts of tokens; 0 if anything is kept.
    owed: u128,
    /// The time up to which tokens have come.
    at: Duration,
}

impl RateLimit {
    /// Returns a full bucket.
    #[must_use]
    pub fn new(rate: Rate, now: Duration) -> Self {
        Self { rate, kept: rate.full(), owed: 0, at: now }
    }

    /// Returns how many tokens are there at this time; a time before the last one counts as that.
    pub fn allow(&mut self, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.at).as_nanos();
        self.at = self.at.max(now);
        // What is too much for the type is more than the bucket holds.
        let come = passed.saturating_mul(u128::from(self.rate.tokens));
        let paid = come.min(self.owed);
        self.owed -= paid;
        self.kept = self.kept.saturating_add(come - paid).min(self.rate.full());
        u64::try_from(self.kept / u128::from(self.rate.period)).unwrap_or(u64::MAX)
    }

    /// Takes tokens away.
    ///
    /// More than are there may be spent, for an item that is heavier than the bucket is large: what
    /// is owed comes first, before any token is there again.
    pub fn spend(&mut self, tokens: u64) {
        let spent = parts(tokens, self.rate);
        let paid = spent.min(self.kept);
        self.kept -= paid;
        self.owed = self.owed.saturating_add(spent - paid);
    }

    /// Returns when one token is there: the time of the last [`allow`](Self::allow) if one is.
    #[must_use]
    pub fn next_at(&self) -> Duration {
        let one = u128::from(self.rate.period);
        let missing = self.owed.saturating_add(one.saturating_sub(self.kept));
        self.at.saturating_add(nanoseconds(missing.div_ceil(u128::from(self.rate.tokens))))
    }
}

/// The longest time there is, if it is longer than that.
fn nanoseconds(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    match (u64::try_from(nanos / SECOND), u32::try_from(nanos % SECOND)) {
        (Ok(seconds), Ok(rest)) => Duration::new(seconds, rest),
        _ => Duration::MAX,
    }
}
