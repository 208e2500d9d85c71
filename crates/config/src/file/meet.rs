//! Whether what one stage gives is what the next one takes.

use super::{Reader, draft::Draft, ways::Ways};
use crate::{Items, items::told, mistake::Mistake, near::list};

impl Reader<'_> {
    /// Follows the items from each beginning, and says where they do not meet.
    pub(super) fn meet(&mut self, drafts: &[Draft<'_>], ways: &Ways) {
        for begin in (0..drafts.len()).filter(|stage| ways.before[*stage].is_empty()) {
            let mut given = drafts[begin].gives(None);
            let mut at = begin;
            // A walk that begins where nothing leads to may still end in a circle.
            for _ in 1..drafts.len() {
                let Some(next) = ways.next[at] else { break };
                if let Some(mistake) = self.border(&drafts[at], &drafts[next], given) {
                    self.say(mistake);
                    given = None;
                }
                given = drafts[next].gives(given);
                at = next;
            }
        }
    }

    /// Returns what is wrong between two stages; nothing if it is not known what goes there.
    fn border(&self, from: &Draft<'_>, to: &Draft<'_>, given: Option<Items>) -> Option<Mistake> {
        let (given, kind, body) = (given?, to.kind?, to.body.as_ref()?);
        // A producer takes nothing at all, which is said where its place is judged.
        if kind.takes.is_empty() || kind.takes.contains(&given) {
            return None;
        }
        let taken = told(kind.takes);
        let (one, other) = (&from.name, &to.name);
        let message = format!("`{other}` takes {taken}, and `{one}` gives {given}");
        let help = match self.registry.bridge(given, kind.takes).as_deref() {
            Some([word]) => format!("put a `{word}` stage between"),
            Some(words) => format!("put stages between: {}", list(words.iter().copied(), "and")),
            None => "take another stage for one of them".into(),
        };
        Some(
            Mistake::new(body.at.clone(), message, format!("takes {taken}"))
                .help(help)
                .also(from.at.clone(), format!("gives {given}")),
        )
    }
}
