//! Mistakes with the lines where they are, for people.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, normalize_untrusted_str};

use crate::{Mistake, Mistakes};

/// Whether a message is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Plain text.
    #[default]
    Plain,
    /// With the colours of a terminal.
    Coloured,
}

impl Mistakes {
    /// Returns all mistakes with the lines where they are, and what to do about them.
    ///
    /// `source` is the text that was checked, and `path` what it is called.
    #[must_use]
    pub fn render(&self, path: &str, source: &str, look: Look) -> String {
        let renderer = match look {
            Look::Plain => Renderer::plain(),
            Look::Coloured => Renderer::styled(),
        };
        let told = self.as_slice().iter().map(|mistake| one(&renderer, mistake, path, source));
        let mut text = told.collect::<Vec<_>>().join("\n\n");
        text.push('\n');
        if self.left_out() > 0 {
            text += &format!("\nand {} more mistakes\n", self.left_out());
        }
        text
    }
}

fn one(renderer: &Renderer, mistake: &Mistake, path: &str, source: &str) -> String {
    let inside = |span: &std::ops::Range<usize>| {
        let start = floor(source, span.start);
        start..floor(source, span.end).max(start)
    };
    let snippet = Snippet::source(source)
        .path(path)
        .annotation(AnnotationKind::Primary.span(inside(&mistake.span)).label(&*mistake.label))
        .annotations(
            mistake
                .also
                .iter()
                .map(|(span, label)| AnnotationKind::Context.span(inside(span)).label(&**label)),
        );
    let mut report = Level::ERROR.primary_title(&*mistake.message).element(snippet);
    if let Some(help) = &mistake.help {
        report = report.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    renderer.render(&[report])
}

/// The border of a character at or before this place, within the text.
fn floor(source: &str, at: usize) -> usize {
    let at = at.min(source.len());
    (0..=at).rev().find(|place| source.is_char_boundary(*place)).unwrap_or(0)
}
