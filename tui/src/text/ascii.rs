use std::borrow::Cow;

/// `text` for terminals that know ASCII only. Every character that ordertrace draws has a
/// stand-in of the same width, so that no layout depends on it; foreign ones become `?`.
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().map(stand_in).collect()) }
}

fn stand_in(c: char) -> char {
    match c {
        c if c.is_ascii() => c,
        '█' => '#',
        '▄' | '▅' | '▆' => '=',
        '▁' => '_',
        '▂' | '▃' => '-',
        '▇' => '%',
        '±' => '~',
        '░' => ':',
        '▒' => 'o',
        '▓' => '%',
        '✗' => 'x',
        '✓' => '+',
        '↻' => '@',
        '○' => 'o',
        '●' | '◆' => '*',
        '┄' | '·' | '…' => '.',
        '⫽' => '/',
        '│' | '┃' | '├' => '|',
        '─' | '━' | '−' => '-',
        '┌' | '┐' | '└' | '┘' => '+',
        '⏎' => '^',
        '␣' => '_',
        '→' | '▸' | '›' => '>',
        '▾' | '▼' | '↓' => 'v',
        '▲' | '↑' => '^',
        '←' => '<',
        'µ' => 'u',
        '×' => 'x',
        '–' | '—' => '-',
        _ => '?',
    }
}
