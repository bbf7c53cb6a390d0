//! Fields of JSON objects, their numbers as they are written: none passes through a float.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON pointer (RFC 6901), or the name of a member, which needs no slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer(Vec<String>);

/// A text that is no pointer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("JSON pointer {text:?}: ~ stands only before 0 (for ~) or 1 (for /)")]
pub struct PointerError {
    /// What was given.
    pub text: String,
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// [`PointerError`]
    pub(crate) fn new(text: &str) -> Result<Self, PointerError> {
        let Some(tokens) = text.strip_prefix('/') else {
            return Ok(Self(Some(text.to_owned()).filter(|name| !name.is_empty()).into_iter().collect()));
        };
        let token = |token: &str| {
            let rest = token.replace("~0", "").replace("~1", "");
            (!rest.contains('~')).then(|| token.replace("~1", "/").replace("~0", "~"))
        };
        let tokens: Option<Vec<_>> = tokens.split('/').map(token).collect();
        tokens.map(Self).ok_or_else(|| PointerError { text: text.to_owned() })
    }

    /// What it points to in `value`, if anything.
    pub(crate) fn find<'v>(&self, value: &'v RawValue) -> Option<&'v RawValue> {
        descend(value, &self.0)
    }
}

fn descend<'v>(value: &'v RawValue, tokens: &[String]) -> Option<&'v RawValue> {
    let Some((token, rest)) = tokens.split_first() else { return Some(value) };
    match value.get().as_bytes().first() {
        Some(b'{') => descend(members(value).ok()?.get(token.as_str())?, rest),
        Some(b'[') => descend(elements(value).ok()?.get(token.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

fn members(value: &RawValue) -> serde_json::Result<HashMap<String, &RawValue>> {
    serde_json::from_str(value.get())
}

fn elements(value: &RawValue) -> serde_json::Result<Vec<&RawValue>> {
    serde_json::from_str(value.get())
}

/// Columns of rows that are JSON objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonColumns(Vec<Pointer>);

/// A row that is no JSON object.
#[derive(Debug, thiserror::Error)]
#[error("is no JSON object")]
pub(crate) struct RowError;

impl JsonColumns {
    /// Columns by name or pointer.
    ///
    /// # Errors
    /// [`PointerError`] for the first that is none.
    pub(crate) fn new(columns: &[String]) -> Result<Self, PointerError> {
        columns.iter().map(|column| Pointer::new(column)).collect::<Result<_, _>>().map(Self)
    }

    /// The texts of a row: of strings what they say, of all others how they are written;
    /// nothing of null and of what is not there.
    ///
    /// # Errors
    /// [`RowError`] for what is no object.
    pub(crate) fn row<'v>(&self, row: &'v str) -> Result<Vec<Option<Cow<'v, str>>>, RowError> {
        let members: HashMap<String, &'v RawValue> = serde_json::from_str(row).map_err(|_| RowError)?;
        let of = |Pointer(tokens): &Pointer| {
            let (first, rest) = tokens.split_first()?;
            text(descend(members.get(first.as_str()).copied()?, rest)?)
        };
        Ok(self.0.iter().map(of).collect())
    }
}

/// The text of a value; none of null.
pub(crate) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str(value.get()).ok().map(Cow::Owned),
        b'n' => None,
        _ => Some(Cow::Borrowed(value.get())),
    }
}

/// A body as one JSON value.
///
/// # Errors
/// When it is none.
pub(crate) fn document(body: &[u8]) -> serde_json::Result<&RawValue> {
    serde_json::from_slice(body)
}

/// Calls `each` with every element of an array, which is never held as a whole.
///
/// # Errors
/// When it is no array.
pub(crate) fn for_each_element<'v>(array: &'v RawValue, each: impl FnMut(&'v RawValue)) -> serde_json::Result<()> {
    serde_json::Deserializer::from_str(array.get()).deserialize_seq(Elements(each))
}

struct Elements<F>(F);

impl<'v, F: FnMut(&'v RawValue)> Visitor<'v> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<S: SeqAccess<'v>>(mut self, mut sequence: S) -> Result<(), S::Error> {
        while let Some(element) = sequence.next_element::<&RawValue>()? {
            (self.0)(element);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[&str], json: &str) -> Vec<Option<String>> {
        let columns: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
        let row = JsonColumns::new(&columns).unwrap();
        row.row(json).unwrap().into_iter().map(|text| text.map(Cow::into_owned)).collect()
    }

    #[test]
    fn fields_are_found_and_numbers_stay_as_they_are() {
        let json = r#"{"sku":"A\u00e9","price":{"amount":12.30,"a/b":[1,{"c":1e400}]},"gone":null,"yes":true}"#;
        let columns = ["sku", "/price/amount", "/price/a~1b/1/c", "gone", "missing", "/yes", "/price/a~1b/7"];
        let texts = row(&columns, json);
        let expected = [Some("Aé"), Some("12.30"), Some("1e400"), None, None, Some("true"), None];
        assert_eq!(texts.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
        assert_eq!(row(&["n"], r#"{"n":0.1000000000000000055511151231257827}"#)[0].as_deref().unwrap().len(), 36);
    }

    #[test]
    fn what_is_no_row() {
        let columns = JsonColumns::new(&["a".to_owned()]).unwrap();
        for text in ["", "[]", "1", "null", "{\"a\":", "{} {}"] {
            assert!(columns.row(text).is_err(), "{text:?}");
        }
        assert!(Pointer::new("/a~2").is_err());
    }

    #[test]
    fn elements_one_by_one() {
        let body = document(br#"{"data":{"items":[{"a":1}, 2]}}"#).unwrap();
        let items = Pointer::new("/data/items").unwrap().find(body).unwrap();
        let mut seen = Vec::new();
        for_each_element(items, |element| seen.push(element.get())).unwrap();
        assert_eq!(seen, [r#"{"a":1}"#, "2"]);
        assert!(for_each_element(body, |_| ()).is_err());
        assert_eq!(Pointer::new("").unwrap().find(body).unwrap().get(), body.get());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[\\[\\]{}\":,0-9eE.nultrfa-]{0,60}", pointer in "\\PC{0,20}|[/~01a]{0,20}") {
            if let Ok(columns) = JsonColumns::new(std::slice::from_ref(&pointer)) {
                let _ = columns.row(&text);
            }
            if let (Ok(document), Ok(pointer)) = (document(text.as_bytes()), Pointer::new(&pointer)) {
                let _ = pointer.find(document);
            }
        }
    }
}
