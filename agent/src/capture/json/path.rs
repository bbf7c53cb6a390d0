//! Paths into JSON documents.

use std::str::FromStr;

/// A path such as `data.*.code` or `lines[].id`: member names separated by dots, `*` for any
/// member or element, `[]` for any element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) struct JsonPath(pub(super) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    /// `*`: any member of an object or element of an array.
    Any,
    /// `[]`: any element of an array.
    Element,
}

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("JSON path {text:?}: {reason}")]
pub struct JsonPathError {
    /// What was given.
    pub text: String,
    /// What is wrong with it and what to write instead.
    pub reason: &'static str,
}

/// Deeper members are not looked at.
pub(super) const DEEPEST: usize = 16;

impl JsonPath {
    /// A path of plain member names.
    pub(in crate::capture) fn of_members(names: &[&str]) -> Self {
        Self(names.iter().map(|name| Step::Member((*name).to_owned())).collect())
    }

    /// This path below `outer`.
    pub(in crate::capture) fn below(self, outer: &str) -> Self {
        Self(std::iter::once(Step::Member(outer.to_owned())).chain(self.0).collect())
    }

    /// How many leading steps two paths share: the depth of the object that both are in.
    pub(in crate::capture) fn shared_depth(&self, other: &Self) -> usize {
        let shared = self.0.iter().zip(&other.0).take_while(|(a, b)| a == b).count();
        // The value itself is no place that another value could be in.
        shared.min(self.0.len().saturating_sub(1)).min(other.0.len().saturating_sub(1))
    }
}

impl FromStr for JsonPath {
    type Err = JsonPathError;

    fn from_str(text: &str) -> Result<Self, JsonPathError> {
        let error = |reason| JsonPathError { text: text.to_owned(), reason };
        let mut steps = Vec::new();
        for part in text.split('.') {
            let name = part.trim_end_matches("[]");
            let elements = (part.len() - name.len()) / 2;
            match name {
                "" if elements == 0 => return Err(error("it has an empty part; write names separated by single dots")),
                "" => {}
                "*" => steps.push(Step::Any),
                _ if name.contains(['*', '[', ']']) => {
                    return Err(error("a wildcard is a whole part: `*`, or `[]` behind a name"));
                }
                _ => steps.push(Step::Member(name.to_owned())),
            }
            steps.extend(std::iter::repeat_n(Step::Element, elements));
        }
        if steps.len() > DEEPEST {
            return Err(error("it is deeper than 16 steps, which is as deep as bodies are read"));
        }
        Ok(Self(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> JsonPath {
        text.parse().unwrap()
    }

    #[test]
    fn paths_are_read() {
        assert_eq!(path("data.*.code").0.len(), 3);
        assert_eq!(path("lines[].id").0, [Step::Member("lines".into()), Step::Element, Step::Member("id".into())]);
        assert_eq!(path("[].id").0.len(), 2);
        for text in ["", "a..b", "a.", "a*", "a[0]", "[]a", &"a.".repeat(20)] {
            assert!(text.parse::<JsonPath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn two_paths_share_the_object_both_are_in() {
        assert_eq!(path("data.*.code").shared_depth(&path("data.*.__typename")), 2);
        assert_eq!(path("data.*.payments[].id").shared_depth(&path("data.*.__typename")), 2);
        assert_eq!(path("type").shared_depth(&path("object")), 0);
        assert_eq!(path("data.*.code").shared_depth(&path("data.*.code")), 2);
    }
}
