//! How meanings look, in the terminal's own 16 colours so that light and dark both work.

use std::ffi::OsStr;

use clap::ValueEnum;
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::text::Tone;

/// Which colours to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// Dark unless the terminal says that its background is light (COLORFGBG); mono under NO_COLOR.
    #[default]
    Auto,
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// No colour: symbols, bold, dim and reverse only.
    Mono,
}

/// Colours of one kind of terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// Modifiers only.
    Mono,
}

impl ThemeChoice {
    /// The theme, given the values of `NO_COLOR` and `COLORFGBG` if set.
    pub fn resolve(self, no_color: Option<&OsStr>, colorfgbg: Option<&OsStr>) -> Theme {
        match self {
            Self::Dark => Theme::Dark,
            Self::Light => Theme::Light,
            Self::Mono => Theme::Mono,
            // no-color.org: any value but an empty one.
            Self::Auto if no_color.is_some_and(|value| !value.is_empty()) => Theme::Mono,
            Self::Auto if colorfgbg.and_then(OsStr::to_str).is_some_and(light_background) => Theme::Light,
            Self::Auto => Theme::Dark,
        }
    }

    /// [`resolve`](Self::resolve) with this process's environment.
    pub fn from_environment(self) -> Theme {
        self.resolve(std::env::var_os("NO_COLOR").as_deref(), std::env::var_os("COLORFGBG").as_deref())
    }
}

/// COLORFGBG ends in the background's index among the 16 colours: 7 and 9 to 15 are light.
fn light_background(colorfgbg: &str) -> bool {
    let background = colorfgbg.rsplit(';').next().and_then(|index| index.parse::<u8>().ok());
    matches!(background, Some(7 | 9..=15))
}

impl Theme {
    /// How `tone` looks.
    pub fn style(self, tone: Tone) -> Style {
        let plain = Style::new();
        let style = match tone {
            Tone::Plain => return plain,
            Tone::Dim => return plain.add_modifier(Modifier::DIM),
            Tone::Strong | Tone::Title | Tone::Error => plain.add_modifier(Modifier::BOLD),
            Tone::Warning | Tone::Critical => plain.add_modifier(Modifier::BOLD),
            Tone::Wait => plain.add_modifier(Modifier::DIM),
            Tone::Good | Tone::Work => plain,
        };
        match self.colour(tone) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }

    fn colour(self, tone: Tone) -> Option<Color> {
        let dark = match self {
            Self::Dark => true,
            Self::Light => false,
            Self::Mono => return None,
        };
        match tone {
            Tone::Plain | Tone::Dim | Tone::Strong => None,
            Tone::Title => Some(if dark { Color::Cyan } else { Color::Blue }),
            Tone::Error => Some(if dark { Color::LightRed } else { Color::Red }),
            Tone::Warning => Some(if dark { Color::Yellow } else { Color::Magenta }),
            Tone::Good => Some(Color::Green),
            Tone::Critical => Some(if dark { Color::LightCyan } else { Color::Blue }),
            Tone::Work => Some(Color::Cyan),
            Tone::Wait => Some(if dark { Color::Yellow } else { Color::Magenta }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_listens_to_the_terminal() {
        let auto = |no_color: Option<&str>, fgbg: Option<&str>| {
            ThemeChoice::Auto.resolve(no_color.map(OsStr::new), fgbg.map(OsStr::new))
        };
        assert_eq!(auto(None, None), Theme::Dark);
        assert_eq!(auto(None, Some("0;15")), Theme::Light);
        assert_eq!(auto(None, Some("15;default;0")), Theme::Dark);
        assert_eq!(auto(Some("1"), Some("0;15")), Theme::Mono);
        assert_eq!(auto(Some(""), None), Theme::Dark);
        assert_eq!(ThemeChoice::Light.resolve(Some(OsStr::new("1")), None), Theme::Light);
    }

    #[test]
    fn mono_has_no_colour() {
        for tone in [Tone::Error, Tone::Warning, Tone::Good, Tone::Critical, Tone::Work, Tone::Wait, Tone::Title] {
            assert_eq!(Theme::Mono.style(tone).fg, None, "{tone:?}");
        }
    }
}
