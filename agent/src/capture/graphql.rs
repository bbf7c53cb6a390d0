//! What a GraphQL request asks for.

/// Operation type of a GraphQL document, and the name it gives itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphqlOperation {
    /// `query`, `mutation` or `subscription`.
    pub kind: &'static str,
    /// Absent on an anonymous operation.
    pub name: Option<String>,
}

const KINDS: [&str; 3] = ["query", "mutation", "subscription"];

/// The operation called `wanted` in `document`, else the first one; `None` when the text is
/// no GraphQL document as far as its beginning shows.
///
/// A scan for the operations' heads, not a parser: it skips strings, comments and everything
/// in brackets (GraphQL specification, October 2021, section 2.3).
pub(super) fn operation(document: &str, wanted: Option<&str>) -> Option<GraphqlOperation> {
    // A shop's search for "query" has a member of that name too.
    if !document.contains('{') {
        return None;
    }
    let mut first = None;
    let mut rest = document;
    loop {
        rest = skip_ignored(rest);
        if rest.is_empty() {
            return first;
        }
        if rest.starts_with('{') {
            // The short form of a query: only allowed as the only operation.
            return first.or(Some(GraphqlOperation { kind: "query", name: None }));
        }
        let word = word(rest);
        rest = &rest[word.len()..];
        match KINDS.iter().find(|kind| **kind == word) {
            Some(kind) => {
                let name = Some(self::word(skip_ignored(rest))).filter(|name| !name.is_empty()).map(str::to_owned);
                let found = GraphqlOperation { kind, name };
                if wanted.is_none() || found.name.as_deref() == wanted {
                    return Some(found);
                }
                first = first.or(Some(found));
            }
            None if word == "fragment" => {}
            None => return first,
        }
        match skip_definition(rest) {
            Some(after) => rest = after,
            None => return first,
        }
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

fn skip_ignored(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '\u{feff}');
        match text.strip_prefix('#') {
            Some(comment) => text = comment.find(['\n', '\r']).map_or("", |end| &comment[end..]),
            None => return text,
        }
    }
}

/// What follows the braces of a definition whose head begins the text.
fn skip_definition(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut in_comment = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if in_comment {
            in_comment = !matches!(c, '\n' | '\r');
        } else if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            match c {
                '"' => in_string = true,
                '#' => in_comment = true,
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if c == '}' && depth == 0 {
                return Some(&text[at + 1..]);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(document: &str, wanted: Option<&str>) -> Option<(&'static str, Option<String>)> {
        operation(document, wanted).map(|operation| (operation.kind, operation.name))
    }

    #[test]
    fn operations_are_found_by_their_heads() {
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(found("mutation AddItem($v:ID!){a}", None), Some(("mutation", name("AddItem"))));
        assert_eq!(found("{ orders { id } }", None), Some(("query", None)));
        assert_eq!(found("query{a}", None), Some(("query", None)));
        assert_eq!(
            found("# } {\n fragment F on O { a(x: \"}\\\"}\") } query Q { ...F }", None),
            Some(("query", name("Q")))
        );
        let two = "query A($x: I = {a: 1}) { a } subscription B { b }";
        assert_eq!(found(two, Some("B")), Some(("subscription", name("B"))));
        assert_eq!(found(two, Some("C")), Some(("query", name("A"))));
        assert_eq!(found("mutation Cut($i: I) { a", Some("B")), Some(("mutation", name("Cut"))));
    }

    #[test]
    fn other_texts_are_none() {
        for text in ["", "select * from orders", "query for shoes", "# only a comment", "}"] {
            assert_eq!(found(text, None), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([a-z{}()\"\\\\# \n]|query|fragment|é){0,40}") {
            operation(&text, Some("a"));
        }
    }
}
