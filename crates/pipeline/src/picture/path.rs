//! Lines with right angles, their corners rounded.

use std::fmt::{Display, Formatter, Result};

/// The radius of a corner.
const RADIUS: i64 = 8;

/// The points of a line, as the `d` of a path.
pub(super) struct Path<'a>(pub(super) &'a [(i64, i64)]);

impl Display for Path<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let points = self.0;
        for (at, &(x, y)) in points.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| points[at]);
            match (before, points.get(at + 1)) {
                (None, _) => write!(f, "M{x} {y}")?,
                (Some(_), None) => write!(f, "L{x} {y}")?,
                (Some(before), Some(&after)) => {
                    let ((ax, ay), (bx, by)) = (near((x, y), before), near((x, y), after));
                    write!(f, "L{ax} {ay}Q{x} {y} {bx} {by}")?;
                }
            }
        }
        Ok(())
    }
}

/// The point on the way from a corner to the next, where its curve ends; at most half of the way,
/// since the next corner may have a curve too.
fn near((x, y): (i64, i64), (to_x, to_y): (i64, i64)) -> (i64, i64) {
    let part = |way: i64| (way / 2).clamp(-RADIUS, RADIUS);
    (x + part(to_x - x), y + part(to_y - y))
}
