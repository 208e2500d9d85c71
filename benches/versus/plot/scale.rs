//! From figures to places.

/// Where the largest figure is more than so many times the smallest, the scale is logarithmic.
const FAR: f64 = 15.0;

/// The scale of a drawing.
#[derive(Debug)]
pub(super) enum Scale {
    /// From 0 to this figure.
    Linear(f64),
    /// From one power of ten to another.
    Log(i32, i32),
}

impl Scale {
    /// Returns a scale on which all of these medians, minima and maxima have a place.
    pub(super) fn of(figures: impl Iterator<Item = (f64, f64, f64)>) -> Self {
        let reach = |(least, most): (f64, f64), (_, min, max): (f64, f64, f64)| {
            (least.min(min), most.max(max))
        };
        let (least, most) = figures.fold((f64::INFINITY, f64::MIN_POSITIVE), reach);
        if least > 0.0 && most / least > FAR {
            // An exponent of a finite figure above 0 is far from the bounds of `i32`.
            #[allow(clippy::cast_possible_truncation, reason = "it is at most 308")]
            let exponent = |figure: f64| figure as i32;
            // A shortest bar of almost no length would look like no figure at all.
            Self::Log(exponent((least * 0.7).log10().floor()), exponent(most.log10().ceil()))
        } else {
            Self::Linear(most)
        }
    }

    pub(super) const fn is_log(&self) -> bool {
        matches!(self, Self::Log(..))
    }

    /// From 0 to 1.
    pub(super) fn place(&self, figure: f64) -> f64 {
        match *self {
            Self::Linear(most) => figure / most,
            Self::Log(from, to) => (figure.log10() - f64::from(from)) / f64::from(to - from),
        }
    }

    /// The figures where lines are drawn.
    pub(super) fn ticks(&self) -> Vec<f64> {
        match *self {
            Self::Log(from, to) => (from..=to).map(|exponent| 10_f64.powi(exponent)).collect(),
            Self::Linear(most) => {
                let step = round_step(most / 4.0);
                (0..=5).map(|n| f64::from(n) * step).filter(|tick| *tick <= most).collect()
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, at least as large as this.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= least);
    factor.unwrap_or(10.0) * power
}
