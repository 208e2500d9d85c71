//! Words that are near to others, and lists of words as people write them.

/// Returns the known word that was probably meant, if one is near enough.
pub(crate) fn nearest<'w>(
    typed: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let typed = plain(typed);
    // Letters that were taken for others: one in three, and one in every short word.
    let length = typed.chars().count();
    // A word of one letter has nothing in common with another one.
    let most = (length / 3).max(1).min(length.saturating_sub(1));
    known
        .into_iter()
        .map(|word| (distance(&typed, &plain(word)), word))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Capitals, and a low line for a hyphen, are no difference.
fn plain(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

fn distance(typed: &str, known: &str) -> usize {
    let begun = typed.len() >= 3 && known.starts_with(typed);
    if begun { 1 } else { strsim::damerau_levenshtein(typed, known) }
}

/// Returns `` `a`, `b` or `c` ``.
pub(crate) fn list<'w>(words: impl IntoIterator<Item = &'w str>, last: &str) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.pop() {
        None => String::new(),
        Some(only) if words.is_empty() => only,
        Some(end) => format!("{} {last} {end}", words.join(", ")),
    }
}

/// Returns the help for a word that is not known: the nearest one, or all there are.
pub(crate) fn remedy<'w>(typed: &str, known: impl IntoIterator<Item = &'w str> + Clone) -> String {
    match nearest(typed, known.clone()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("known are {}", list(known, "and")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["lines", "filter", "rate-limit", "at_most"];
        for (typed, word) in [
            ("filtr", Some("filter")),
            ("FILTER", Some("filter")),
            ("rate_limit", Some("rate-limit")),
            ("at-most", Some("at_most")),
            ("rate", Some("rate-limit")),
            ("lnies", Some("lines")),
            ("copy", None),
            ("", None),
            ("l", None),
        ] {
            assert_eq!(nearest(typed, known), word, "{typed}");
        }
    }

    #[test]
    fn words_are_listed_as_people_do() {
        assert_eq!(list([], "or"), "");
        assert_eq!(list(["a"], "or"), "`a`");
        assert_eq!(list(["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
