//! Text that somebody else chose: made visible, escaped, measured and shortened.

use std::fmt::Write as _;

use crate::blueprint::Stage;

/// The most characters of a name in an SVG; a longer one loses its middle there.
const NAME_MOST: usize = 32;

/// Returns the text with a visible character for each that has no shape of its own.
///
/// Control characters are not allowed in XML, and would end a line in DOT and Mermaid; those that
/// turn the direction of writing would put the rest of the picture in another order.
pub(super) fn visible(text: &str) -> String {
    if text.is_empty() {
        return "(no name)".into();
    }
    text.chars().map(shape).collect()
}

fn shape(c: char) -> char {
    match c {
        // The pictures of control characters stand in their order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => '\u{fffd}',
        c => c,
    }
}

/// Returns the kind of a stage, if its name does not say it already.
pub(super) fn kind(stage: &Stage) -> Option<&str> {
    Some(stage.kind.as_str()).filter(|kind| *kind != stage.name && !kind.is_empty())
}

/// Returns the text for XML, as content or in an attribute.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Returns the text for a string of DOT, without its quotes.
///
/// Graphviz takes `&` for the beginning of an entity, even there.
pub(super) fn dot(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '\\' => out.push_str(r"\\"),
            '"' => out.push_str("\\\""),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}

/// Returns the text for a string of Mermaid, without its quotes.
///
/// Mermaid reads Markdown, HTML and entities of its own in a string.
/// So punctuation is told by its number, unless it means nothing where it stands.
pub(super) fn mermaid(text: &str) -> String {
    let chars: Vec<char> = visible(text).chars().collect();
    let at = |at: Option<usize>| at.and_then(|at| chars.get(at)).copied();
    let mut out = String::new();
    for (place, &c) in chars.iter().enumerate() {
        let beside = [at(place.checked_sub(1)), at(place.checked_add(1))];
        if is_plain(c, beside) {
            out.push(c);
        } else {
            // A `String` takes everything: there is no error to tell anyone.
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

fn is_plain(c: char, beside: [Option<char>; 2]) -> bool {
    let all = |plain: fn(char) -> bool| beside.iter().all(|c| c.is_some_and(plain));
    match c {
        // A list begins with `- ` or `1. `.
        '-' | '.' => all(char::is_alphanumeric),
        // Several are taken for one, or for the beginning of code.
        ' ' => all(|c| c != ' '),
        c => c == ',' || !c.is_ascii() || c.is_ascii_alphanumeric(),
    }
}

/// Returns the text as it is shown in an SVG, where its box has to hold it.
pub(super) fn short(text: &str) -> String {
    let chars: Vec<char> = visible(text).chars().collect();
    if chars.len() <= NAME_MOST {
        return chars.into_iter().collect();
    }
    // The end of a path says more than its middle.
    let (head, tail) = (NAME_MOST / 2, NAME_MOST - NAME_MOST / 2 - 1);
    let tail = &chars[chars.len() - tail..];
    chars[..head].iter().chain(&['…']).chain(tail).collect()
}

/// Returns about how wide the text is in a sans-serif font of this size.
///
/// Which font it will be is not known here, so it is a little too much rather than too little.
pub(super) fn width(text: &str, size: u32) -> u32 {
    let hundredths: u32 = text.chars().map(hundredths).sum();
    (hundredths * size).div_ceil(100)
}

/// The width of a character in hundredths of the size of the font.
fn hundredths(c: char) -> u32 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 34,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' => 43,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 95,
        'A'..='Z' => 73,
        // Chinese, Japanese, Korean, and emoji.
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 120,
        _ => 62,
    }
}
