//! The header `Link` (RFC 8288).

/// Target of the first link whose `rel` names `next`.
pub(super) fn next_target(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, behind)) = rest.split_once('<') {
        let (target, behind) = behind.split_once('>')?;
        let (parameters, more) = until_comma(behind);
        if is_next(parameters) {
            return Some(target.trim());
        }
        rest = more;
    }
    None
}

/// A link's parameters, and what stands behind the comma that ends them. Quotes hide commas.
fn until_comma(text: &str) -> (&str, &str) {
    let end = outside_quotes(text, ',').unwrap_or(text.len());
    (&text[..end], text.get(end + 1..).unwrap_or_default())
}

/// Whether the first `rel` parameter has the relation `next` among its own (3.3).
fn is_next(mut parameters: &str) -> bool {
    while !parameters.is_empty() {
        let end = outside_quotes(parameters, ';').unwrap_or(parameters.len());
        let parameter = &parameters[..end];
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            let relations = value.trim().trim_matches('"');
            return relations.split_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"));
        }
        parameters = parameters.get(end + 1..).unwrap_or_default();
    }
    false
}

fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.char_indices().find_map(|(at, c)| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match c {
            '\\' if is_quoted && !was_escaped => is_escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ if c == wanted && !is_quoted => return Some(at),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_to_the_next_page() {
        for header in [
            r#"<https://a/?page=2>; rel="next""#,
            r#"<https://a/?page=9>; rel="last", <https://a/?page=2>; rel="next""#,
            r#"<https://a/?page=1>;title="a, <b>; rel=next";rel=prev , <https://a/?page=2>; REL=Next"#,
            r#"<https://a/?page=2>; type="text/json" ; rel="next last""#,
            r#"<https://a/,;>; title="\"", <https://a/?page=2>;rel=next"#,
        ] {
            assert_eq!(next_target(header), Some("https://a/?page=2"), "{header}");
        }
        for header in ["", "<a>", r#"<a>; rel="prev""#, r#"<a>; rel="nextish""#, r#"<a; rel="next""#, "a; rel=next"] {
            assert_eq!(next_target(header), None, "{header}");
        }
        // A second rel does not count.
        assert_eq!(next_target("<a>; rel=prev; rel=next"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(header in "\\PC{0,60}|[<>;,=\"\\\\ relnxté]{0,60}") {
            let _ = next_target(&header);
        }

        #[test]
        fn whatever_stands_before_it(title in "[a-z,;<> =]{0,20}", target in "[a-z/?=&;,]{1,20}") {
            let header = format!("<x>; rel=prev; title=\"{title}\", <{target}>; title=\"{title}\"; rel=\"next\"");
            proptest::prop_assert_eq!(next_target(&header), Some(target.as_str()));
        }
    }
}
