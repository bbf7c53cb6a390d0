use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::Error as YamlError;

use crate::error::{ConfigError, Place};
use crate::nearest;

/// Longest file that is read.
const LIMIT_BYTES: u64 = 1024 * 1024;

/// Reads a YAML file. `T` decides with `deny_unknown_fields` which keys there are.
///
/// # Errors
/// Every [`ConfigError`]; those about the text name file, line and column.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let length = file.take(LIMIT_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if length as u64 > LIMIT_BYTES {
        return Err(ConfigError::TooLong { path: path.to_owned(), limit_bytes: LIMIT_BYTES });
    }
    parse(&text, &path.display().to_string())
}

/// Reads YAML text that came from `origin`. Text without content counts as `{}`.
///
/// # Errors
/// Every [`ConfigError`] but those about files.
pub fn parse<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, ConfigError> {
    let blank = text.lines().all(|line| matches!(line.trim_start().bytes().next(), None | Some(b'#')));
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(if blank { "{}" } else { text }, options)
        .map_err(|error| explain(&error, origin))
}

fn explain(error: &YamlError, origin: &str) -> ConfigError {
    let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let position = error.location().map(|at| (narrow(at.line()), narrow(at.column())));
    let place = Place { origin: origin.to_owned(), position };
    match error.without_snippet() {
        YamlError::SerdeUnknownField { field, expected, .. } => ConfigError::UnknownKey {
            place,
            nearest: nearest(field, expected.iter().copied()),
            key: field.clone(),
            known: owned(expected),
        },
        YamlError::SerdeUnknownVariant { variant, expected, .. } => ConfigError::UnknownValue {
            place,
            nearest: nearest(variant, expected.iter().copied()),
            value: variant.clone(),
            known: owned(expected),
        },
        YamlError::Message { msg, .. } => ConfigError::Invalid { place, reason: msg.clone() },
        other => ConfigError::Invalid { place, reason: without_position(&other.to_string(), position) },
    }
}

/// The YAML crate ends its messages with the position, which stands in front of ours.
fn without_position(message: &str, position: Option<(u32, u32)>) -> String {
    let tail = position.map(|(line, column)| format!(" at line {line}, column {column}"));
    tail.and_then(|tail| message.strip_suffix(&tail)).unwrap_or(message).to_owned()
}

fn owned(names: &[&'static str]) -> Box<[String]> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Outer {
        listen: String,
        inner: Inner,
        mode: Mode,
    }

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Inner {
        timeout: Option<crate::Duration>,
        retries: u32,
    }

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        #[default]
        Fast,
        Careful,
    }

    fn message(text: &str) -> String {
        parse::<Outer>(text, "o.yaml").unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_written_has_its_default() {
        for text in ["", "\n# only a comment\n", "{}"] {
            assert_eq!(parse::<Outer>(text, "o.yaml").unwrap(), Outer::default(), "{text:?}");
        }
        let read: Outer = parse("inner:\n  timeout: 5m\n", "o.yaml").unwrap();
        assert_eq!(read.inner.timeout, Some(crate::Duration::from_secs(300)));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place_and_the_nearest_known_key() {
        assert_eq!(
            message("listen: a\ninner:\n  retires: 3\n"),
            "o.yaml:3:3: unknown key `retires`, did you mean `retries`?"
        );
        assert_eq!(message("zzz: 1\n"), "o.yaml:1:1: unknown key `zzz`: known here are `listen`, `inner`, `mode`");
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_nearest_known_word() {
        assert_eq!(message("mode: carefull\n"), "o.yaml:1:7: unknown value `carefull`, did you mean `careful`?");
    }

    #[test]
    fn other_mistakes_name_their_place() {
        let broken = message("inner:\n  retries: many\n");
        assert!(broken.starts_with("o.yaml:2:12: "), "{broken}");
        assert!(!broken.contains("line 2"), "{broken}");
        let broken = message("inner: {timeout: 5 lightyears}\n");
        assert!(broken.starts_with("o.yaml:1:") && broken.contains("5 lightyears"), "{broken}");
        let broken = message("a: [1\nb: 2\n");
        assert!(broken.starts_with("o.yaml:"), "{broken}");
        let broken = message("listen: a\nlisten: b\n");
        assert!(broken.starts_with("o.yaml:2:1: ") && broken.contains("listen"), "{broken}");
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing.yaml");
        let error = load::<Outer>(&missing).unwrap_err();
        assert!(error.to_string().contains("missing.yaml"), "{error}");
        let long = directory.path().join("long.yaml");
        std::fs::write(&long, "#".repeat(LIMIT_BYTES as usize + 1)).unwrap();
        assert!(matches!(load::<Outer>(&long), Err(ConfigError::TooLong { .. })));
        let good = directory.path().join("good.yaml");
        std::fs::write(&good, "mode: careful\n").unwrap();
        assert_eq!(load::<Outer>(&good).unwrap().mode, Mode::Careful);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,64}|[a-z:\\- \n\\[\\]{}&*!|>'\"]{0,64}") {
            let _ = parse::<Outer>(&text, "o.yaml");
        }
    }
}
