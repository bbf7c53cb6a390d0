//! URL path templates: ids that stand in a path.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A URL path with typed holes: `/orders/{order}/captures`, `/v1/payment_intents/{payment}/**`.
///
/// `{kind}` matches one segment and yields a key of that kind, `{}` matches one segment and
/// yields nothing, `**` at the end matches any rest. Trailing slashes do not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    text: String,
    segments: Vec<Segment>,
    open_end: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Hole(Option<String>),
}

/// A template that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("path template {template:?}: {reason}")]
pub struct TemplateError {
    /// The template as given.
    pub template: String,
    /// What is wrong with it and what to write instead.
    pub reason: &'static str,
}

impl PathTemplate {
    /// The (kind, value) pairs that `path` (without query) holds at the template's holes, in
    /// order; `None` when the path is another one. Values are percent-decoded.
    pub fn matches<'t, 'p>(&'t self, path: &'p str) -> Option<Vec<(&'t str, Cow<'p, str>)>> {
        let mut found = Vec::new();
        let mut parts = path.trim_matches('/').split('/');
        for segment in &self.segments {
            let part = parts.next()?;
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Literal(_) => return None,
                Segment::Hole(_) if part.is_empty() => return None,
                Segment::Hole(None) => {}
                Segment::Hole(Some(kind)) => found.push((kind.as_str(), percent_decode(part))),
            }
        }
        (self.open_end || parts.next().is_none()).then_some(found)
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for PathTemplate {
    type Err = TemplateError;

    fn from_str(template: &str) -> Result<Self, TemplateError> {
        let error = |reason| TemplateError { template: template.to_owned(), reason };
        let Some(path) = template.strip_prefix('/') else {
            return Err(error("it must start with a slash"));
        };
        let path = path.trim_end_matches('/');
        let (path, open_end) = match path.strip_suffix("**") {
            Some(path) => (path.trim_end_matches('/'), true),
            None => (path, false),
        };
        let parts = if path.is_empty() && open_end { Vec::new() } else { path.split('/').collect() };
        let mut segments = Vec::with_capacity(parts.len());
        for part in parts {
            segments.push(match part.strip_prefix('{') {
                Some(hole) => match hole.strip_suffix('}') {
                    Some("") => Segment::Hole(None),
                    Some(kind) if kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                        Segment::Hole(Some(kind.to_owned()))
                    }
                    _ => return Err(error("a hole is a whole segment: {kind} in lower case, or {}")),
                },
                None if part.contains(['{', '}', '*']) => {
                    return Err(error("a hole is a whole segment: {kind}, {} or, at the end, **"));
                }
                None => Segment::Literal(part.to_owned()),
            });
        }
        Ok(Self { text: template.to_owned(), segments, open_end })
    }
}

/// The path with segments that look like ids replaced by `{}`, for use in operation names
/// when no template is known. At most eight segments are kept.
pub fn generalise(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut general = String::with_capacity(path.len());
    for (at, segment) in path.trim_matches('/').split('/').enumerate() {
        general.push('/');
        if at == 8 {
            general.push_str("**");
            break;
        }
        general.push_str(if looks_like_an_id(segment) { "{}" } else { segment });
    }
    general
}

fn looks_like_an_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    // "v1", "2024-10" and "oauth2" are versions; "4", "A-1001" and "pi_uKa3HTSa0qZBtw" are ids.
    let version =
        segment.strip_prefix('v').is_some_and(|rest| rest.len() <= 2 && rest.bytes().all(|b| b.is_ascii_digit()));
    !version
        && (digits >= 3
            || (digits > 0 && digits == segment.len())
            || segment.len() > 24
            || super::kind_of_value(segment).is_some())
}

fn percent_decode(part: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let template: PathTemplate = template.parse().unwrap();
        let found = template.matches(path)?;
        Some(found.into_iter().map(|(kind, value)| (kind.to_owned(), value.into_owned())).collect())
    }

    #[test]
    fn holes_yield_keys() {
        let order = Some(vec![("order".to_owned(), "A-1".to_owned())]);
        assert_eq!(found("/orders/{order}/captures", "/orders/A-1/captures"), order);
        assert_eq!(found("/orders/{order}", "/orders/A-1/"), order);
        assert_eq!(found("/orders/{order}", "/orders/A%2D1"), order);
        assert_eq!(found("/orders/{order}/**", "/orders/A-1/x/y"), order);
        assert_eq!(found("/shops/{}/orders/{order}", "/shops/7/orders/A-1"), order);
        assert_eq!(found("/orders/{order}", "/orders/"), None);
        assert_eq!(found("/orders/{order}", "/orders/A-1/x"), None);
        assert_eq!(found("/**", "/any/thing"), Some(vec![]));
    }

    #[test]
    fn templates_that_cannot_be() {
        for template in ["", "orders", "/orders/{Order}", "/orders/x{order}", "/**/orders", "/a/{order"] {
            assert!(template.parse::<PathTemplate>().is_err(), "{template:?}");
        }
    }

    #[test]
    fn broken_percent_escapes_stay_as_they_are() {
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%zz%4"), "%zz%4");
        assert_eq!(percent_decode("%c3%a9"), "é");
        assert_eq!(percent_decode("%ff"), "\u{fffd}");
    }

    #[test]
    fn generalised_paths_keep_words_and_versions() {
        assert_eq!(generalise("/v1/payment_intents/pi_uKa3HTSa0qZBtw/confirm?x=1"), "/v1/payment_intents/{}/confirm");
        assert_eq!(generalise("/orders/4"), "/orders/{}");
        assert_eq!(generalise("/shop-api"), "/shop-api");
        assert_eq!(generalise("/"), "/");
    }
}
