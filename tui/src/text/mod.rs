//! Styled text that belongs to no screen: one-shot reports and the TUI both draw it.

mod ascii;
mod duration;
mod fit;
mod moment;
mod size;

pub use ascii::ascii;
pub use duration::{coarse, human};
pub use fit::{fit, fit_end, pad, plain, width, wrap};
pub use moment::{clock, date_clock, full_clock, near_clock, ns_between, offset, short_clock};
pub use size::size;

/// What a piece of text means; a [`Theme`](crate::theme::Theme) decides how it looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// Less important than its surroundings.
    Dim,
    /// More important than its surroundings.
    Strong,
    /// Names a section, a column or a screen.
    Title,
    /// Something failed.
    Error,
    /// Something was repeated, cut short or is not certain.
    Warning,
    /// Something ended well.
    Good,
    /// Time that made the journey longer.
    Critical,
    /// Work that ran beside something slower.
    Work,
    /// Nothing was under way.
    Wait,
}

/// A piece of text of one tone, free of control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What to show.
    pub text: String,
    /// What it means.
    pub tone: Tone,
}

/// One line of a screen or a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Segment>);

impl Line {
    /// A line of one tone.
    pub fn of(tone: Tone, text: impl AsRef<str>) -> Self {
        Self::default().and(tone, text)
    }

    /// The line with `text` after it. Control characters are made harmless: names and
    /// attributes come from other people's systems and end up on a terminal.
    #[must_use]
    pub fn and(mut self, tone: Tone, text: impl AsRef<str>) -> Self {
        self.push(tone, text);
        self
    }

    /// Appends `text`; see [`and`](Self::and).
    pub fn push(&mut self, tone: Tone, text: impl AsRef<str>) {
        let text = text.as_ref();
        if !text.is_empty() {
            self.0.push(Segment { text: plain(text).into_owned(), tone });
        }
    }

    /// The line with `other` after it.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.extend(other);
        self
    }

    /// Appends all of `other`.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|segment| width(&segment.text)).sum()
    }

    /// Appends blanks until it takes `columns`.
    pub fn pad_to(&mut self, columns: usize) {
        let taken = self.width();
        if taken < columns {
            self.push(Tone::Plain, " ".repeat(columns - taken));
        }
    }

    /// The line cut to `columns`, with an ellipsis where something was cut off.
    #[must_use]
    pub fn cut(mut self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let mut left = columns;
        let mut kept = Vec::new();
        for segment in self.0.drain(..) {
            let taken = width(&segment.text);
            // The ellipsis needs a column of its own, hence "less than".
            if taken < left {
                left -= taken;
                kept.push(segment);
                continue;
            }
            let text = fit(&format!("{}…", segment.text), left);
            kept.push(Segment { text, tone: segment.tone });
            break;
        }
        Self(kept)
    }

    /// The text without its tones.
    pub fn text(&self) -> String {
        self.0.iter().map(|segment| segment.text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_keeps_the_width_and_shows_that_it_cut() {
        let line = Line::of(Tone::Strong, "storefront").and(Tone::Dim, " → ").and(Tone::Plain, "payments");
        assert_eq!(line.clone().cut(21).text(), "storefront → payments");
        assert_eq!(line.clone().cut(20).text(), "storefront → paymen…");
        assert_eq!(line.clone().cut(11).text(), "storefront…");
        assert_eq!(line.clone().cut(10).text(), "storefron…");
        assert_eq!(line.cut(0).text(), "");
    }

    #[test]
    fn control_characters_never_reach_a_terminal() {
        assert_eq!(Line::of(Tone::Plain, "a\u{1b}[31mb\nc\u{9b}d").text(), "a\u{fffd}[31mb c\u{fffd}d");
    }
}
