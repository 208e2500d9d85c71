//! What somebody would write who needs nothing else.

use super::{is_kept, see, text::NUMBER, text::Text};
use crate::{bed::Places, contest::Run, tally::Tally};

pub(super) fn run(places: Places, items: u64) -> Run {
    super::run(places, items, tally)
}

async fn tally(text: Text) -> Result<Tally, String> {
    let mut tally = Tally::new();
    // The beginning of a line whose end is in the next chunk.
    let mut begun: Vec<u8> = Vec::new();
    for chunk in text.chunks() {
        let mut rest = &chunk[..];
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(end + 1);
            rest = behind;
            if begun.is_empty() {
                take(&mut tally, line);
            } else {
                begun.extend_from_slice(line);
                take(&mut tally, &begun);
                begun.clear();
            }
        }
        begun.extend_from_slice(rest);
    }
    Ok(tally)
}

#[inline]
fn take(tally: &mut Tally, line: &[u8]) {
    if is_kept(line) {
        see(tally, line.get(NUMBER).unwrap_or_default());
    }
}
