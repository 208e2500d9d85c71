//! Cutting an input, and driving a transform as a loop would.

use std::collections::VecDeque;

use aqueduct_operators::Transform;
use bytes::Bytes;

/// The most bytes of an input that say how the rest is cut.
const SIZES: usize = 8;

/// The stream of an input in one piece and cut: its first byte says how many sizes follow.
pub struct Streams {
    /// In one piece.
    pub whole: Bytes,
    /// In pieces of the sizes in turn; some may be empty.
    pub cut: Vec<Bytes>,
}

impl Streams {
    /// `None` for an input that is too short to say how it is cut.
    pub fn of(input: &[u8]) -> Option<Self> {
        let (count, rest) = input.split_first()?;
        let (sizes, stream) = rest.split_at_checked(usize::from(*count) % (SIZES + 1))?;
        let whole = Bytes::copy_from_slice(stream);
        Some(Self { cut: cut(whole.clone(), sizes), whole })
    }
}

fn cut(mut rest: Bytes, sizes: &[u8]) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let progresses = sizes.iter().any(|size| *size > 0);
    for size in sizes.iter().cycle().take_while(|_| progresses) {
        if rest.len() <= usize::from(*size) {
            break;
        }
        pieces.push(rest.split_to(usize::from(*size)));
    }
    pieces.push(rest);
    pieces
}

/// What came of a stream, and how it ended.
pub type Outcome<T> = (Vec<<T as Transform>::Out>, Result<(), <T as Transform>::Error>);

/// Drives a transform over the pieces.
pub fn run<T: Transform>(mut transform: T, pieces: impl IntoIterator<Item = T::In>) -> Outcome<T> {
    let mut pieces: VecDeque<_> = pieces.into_iter().collect();
    let mut out = Vec::new();
    loop {
        match transform.step(&mut pieces, &mut |item| out.push(item)) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return (out, Err(error)),
        }
    }
    assert!(pieces.is_empty(), "nothing is left to do, and so nothing is left");
    let end = transform.finish(&mut |item| out.push(item));
    (out, end)
}
