//! Fields of forms and query strings.

use std::borrow::Cow;

/// Fields of one form or query string that are looked at.
const FIELDS: usize = 256;

/// Decoded name and value pairs, in order.
pub(super) fn fields(bytes: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(bytes).take(FIELDS)
}

/// The innermost name: `order_id` of `metadata[order_id]`, `items[0][sku]` -> `sku`, and
/// `ids` of `ids[]`.
pub(super) fn innermost(name: &str) -> &str {
    let mut parts = name.split(['[', ']']).filter(|part| !part.is_empty() && !part.bytes().all(|b| b.is_ascii_digit()));
    parts.next_back().unwrap_or(name)
}

/// Whether a field is the one that a rule names; `metadata[*]` names all below `metadata`.
pub(super) fn is_named(field: &str, wanted: &str) -> bool {
    match wanted.strip_suffix("[*]") {
        Some(outer) => field.strip_prefix(outer).is_some_and(|rest| rest.starts_with('[') && rest.ends_with(']')),
        None => field == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_name_what_is_within() {
        assert_eq!(innermost("metadata[order_id]"), "order_id");
        assert_eq!(innermost("items[0][sku]"), "sku");
        assert_eq!(innermost("ids[]"), "ids");
        assert_eq!(innermost("plain"), "plain");
        assert_eq!(innermost("[]"), "[]");
        assert!(is_named("metadata[a]", "metadata[*]") && is_named("a", "a"));
        assert!(!is_named("metadata", "metadata[*]") && !is_named("metadata2[a]", "metadata[*]"));
    }
}
