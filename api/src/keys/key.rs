use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::value::{usable, usable_only_within_a_system};

/// A typed business id: `order:FCJVW7ZW9CKTTHM1`, or `order@storefront:4` where the value
/// means something only within one system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key {
    /// `order`, `payment`, …
    pub kind: String,
    /// The system within which the value is unique; `None` = everywhere.
    pub system: Option<String>,
    /// The id itself.
    pub value: String,
}

/// What a person types to name a key: any part but the value may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern {
    /// Only keys of this kind.
    pub kind: Option<String>,
    /// Only keys of this system.
    pub system: Option<String>,
    /// The id.
    pub value: String,
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a key: write VALUE, KIND:VALUE or KIND@SYSTEM:VALUE (order:10042, order@erp:4711)")]
pub struct KeyError {
    /// What was given.
    pub text: String,
}

impl Key {
    /// A key from a value that was seen at `system`. Returns `None` for a value no system
    /// would use as an id (empty, over-long, `null`, …). A number is a key only within its
    /// system: "4" exists in all of them.
    pub fn seen(kind: &str, value: &str, system: &str) -> Option<Self> {
        let value = value.trim();
        usable(value).then(|| Self {
            kind: kind.to_owned(),
            system: usable_only_within_a_system(value).then(|| system.to_owned()),
            value: value.to_owned(),
        })
    }

    /// A key valid everywhere, whatever its value looks like.
    pub fn global(kind: &str, value: &str) -> Option<Self> {
        let value = value.trim();
        usable(value).then(|| Self { kind: kind.to_owned(), system: None, value: value.to_owned() })
    }

    /// A key valid only within `system`, whatever its value looks like.
    pub fn within(kind: &str, value: &str, system: &str) -> Option<Self> {
        Self::global(kind, value).map(|key| Self { system: Some(system.to_owned()), ..key })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.system {
            Some(system) => write!(f, "{}@{system}:{}", self.kind, self.value),
            None => write!(f, "{}:{}", self.kind, self.value),
        }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let pattern: KeyPattern = text.parse()?;
        match pattern.kind {
            Some(kind) => Ok(Self { kind, system: pattern.system, value: pattern.value }),
            None => Err(KeyError { text: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for Key {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

impl utoipa::PartialSchema for Key {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A typed business id: KIND:VALUE or, unique only within a system, KIND@SYSTEM:VALUE"))
            .examples(["order:FCJVW7ZW9CKTTHM1", "order@storefront:4"])
            .into()
    }
}

impl utoipa::ToSchema for Key {}

impl FromStr for KeyPattern {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let error = || KeyError { text: text.to_owned() };
        let text = text.trim();
        let (kind, system, value) = match text.split_once(':') {
            // Only a word can be a kind: `gid://shop/Order/4` is a value with a colon in it.
            Some((head, value)) if is_head(head) && !value.starts_with("//") => match head.split_once('@') {
                Some((kind, system)) => (Some(kind), Some(system), value),
                None => (Some(head), None, value),
            },
            _ => (None, None, text),
        };
        if !usable(value.trim()) || kind == Some("") || system == Some("") {
            return Err(error());
        }
        Ok(Self { kind: kind.map(str::to_owned), system: system.map(str::to_owned), value: value.trim().to_owned() })
    }
}

fn is_head(head: &str) -> bool {
    let kind = head.split('@').next().unwrap_or_default();
    kind.starts_with(|c: char| c.is_ascii_lowercase())
        && kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        for text in ["order:FCJVW7ZW9CKTTHM1", "order@storefront:4", "order:gid://shopify/Order/4", "erp_doc@erp:SO:1"]
        {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_pattern_may_be_the_bare_value() {
        for text in ["FCJVW7ZW9CKTTHM1", "gid://shopify/Order/4", "#1071", "SO:1"] {
            let pattern: KeyPattern = text.parse().unwrap();
            assert_eq!((pattern.kind, pattern.value.as_str()), (None, text));
        }
    }

    #[test]
    fn texts_that_name_no_key_are_refused() {
        for text in ["", "  ", "order:", "order@:4", ":4x@"] {
            let parsed = text.parse::<Key>();
            assert!(parsed.is_err(), "{text:?} gave {parsed:?}");
        }
    }

    #[test]
    fn numbers_are_keys_only_within_their_system() {
        assert_eq!(Key::seen("order", "4", "oms").unwrap().to_string(), "order@oms:4");
        assert_eq!(Key::seen("order", "#1071", "oms").unwrap().to_string(), "order@oms:#1071");
        assert_eq!(Key::seen("order", " A-4 ", "oms").unwrap().to_string(), "order:A-4");
        assert_eq!(Key::seen("order", "null", "oms"), None);
    }
}
