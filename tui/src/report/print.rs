use std::io::{self, Write};

use ratatui::style::{Color, Modifier, Style};

use crate::text::{Line, ascii};
use crate::theme::Theme;

/// Writes lines to a terminal or a file.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    /// Colours and modifiers; `None` writes text only.
    pub theme: Option<Theme>,
    /// Whether to write ASCII only.
    pub ascii: bool,
}

impl Printer {
    /// Writes `lines`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn print(self, lines: &[Line], out: &mut impl Write) -> io::Result<()> {
        for line in lines {
            let last = line.0.len().saturating_sub(1);
            for (at, segment) in line.0.iter().enumerate() {
                let text = if self.ascii { ascii(&segment.text) } else { segment.text.as_str().into() };
                let text = if at == last { text.trim_end() } else { &text };
                let codes = self.theme.map(|theme| codes(theme.style(segment.tone))).unwrap_or_default();
                if codes.is_empty() || text.is_empty() {
                    write!(out, "{text}")?;
                } else {
                    write!(out, "\u{1b}[{codes}m{text}\u{1b}[0m")?;
                }
            }
            writeln!(out)?;
        }
        out.flush()
    }
}

/// SGR parameters (ECMA-48 8.3.117) of the styles that themes use.
fn codes(style: Style) -> String {
    let modifiers = [(Modifier::BOLD, 1), (Modifier::DIM, 2)];
    let modifiers = modifiers.into_iter().filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    let colour = style.fg.and_then(|colour| match colour {
        Color::Red => Some(31),
        Color::Green => Some(32),
        Color::Yellow => Some(33),
        Color::Blue => Some(34),
        Color::Magenta => Some(35),
        Color::Cyan => Some(36),
        Color::LightRed => Some(91),
        Color::LightCyan => Some(96),
        _ => None,
    });
    let codes: Vec<String> = modifiers.map(|(_, code)| code).chain(colour).map(|code: u8| code.to_string()).collect();
    codes.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Tone;

    fn printed(theme: Option<Theme>, ascii: bool) -> String {
        let line = Line::of(Tone::Error, "✗ failed").and(Tone::Plain, " at crm   ");
        let mut out = Vec::new();
        Printer { theme, ascii }.print(&[line], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn colour_only_where_it_is_wanted() {
        assert_eq!(printed(None, false), "✗ failed at crm\n");
        assert_eq!(printed(None, true), "x failed at crm\n");
        assert_eq!(printed(Some(Theme::Mono), false), "\u{1b}[1m✗ failed\u{1b}[0m at crm\n");
        assert_eq!(printed(Some(Theme::Dark), false), "\u{1b}[1;91m✗ failed\u{1b}[0m at crm\n");
    }

    #[test]
    fn every_colour_of_every_theme_can_be_printed() {
        for theme in [Theme::Dark, Theme::Light, Theme::Mono] {
            for tone in
                [Tone::Title, Tone::Error, Tone::Warning, Tone::Good, Tone::Critical, Tone::Work, Tone::Wait, Tone::Dim]
            {
                let style = theme.style(tone);
                let expected = usize::from(style.fg.is_some()) + style.add_modifier.iter().count();
                let codes = codes(style);
                let count = codes.split(';').filter(|code| !code.is_empty()).count();
                assert_eq!(count, expected, "{theme:?} {tone:?}");
            }
        }
    }
}
