use std::borrow::Cow;

/// The parts of a URL that telemetry speaks of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Url<'a> {
    /// Without brackets.
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    /// As sent, percent-encoded.
    pub(super) path: &'a str,
    /// As sent, without the question mark.
    pub(super) query: &'a str,
}

impl<'a> Url<'a> {
    /// Reads an absolute URL (`https://user@host:port/path?query#fragment`) or a path with
    /// query. Never fails: what was recorded may have been cut or redacted.
    pub(super) fn read(text: &'a str) -> Self {
        let text = text.split('#').next().unwrap_or_default();
        let (authority, rest) = match text.split_once("://") {
            Some((_, rest)) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
            None => ("", text),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
        let (host, port) = match address.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => match address.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (address, None),
            },
        };
        Self { host, port: port.and_then(|port| port.parse().ok()), path, query }
    }
}

/// Names and values of a query, decoded.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    // More parameters than this are no request of a person or a system.
    form_urlencoded::parse(query.as_bytes()).take(256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_paths() {
        let url = |host, port, path, query| Url { host, port, path, query };
        for (text, read) in [
            ("http://127.0.0.1:21440/v1/x", url("127.0.0.1", Some(21440), "/v1/x", "")),
            ("https://u:p@api.example/a?b=c#d", url("api.example", None, "/a", "b=c")),
            ("http://[::1]:80", url("::1", Some(80), "", "")),
            ("http://host?q", url("host", None, "", "q")),
            ("/cart?id=1", url("", None, "/cart", "id=1")),
            ("http://h:99999/", url("h", None, "/", "")),
            ("", url("", None, "", "")),
            ("://", url("", None, "", "")),
        ] {
            assert_eq!(Url::read(text), read, "{text}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let found: Vec<_> = parameters("order_id=A%2D1&x=a+b&flag").collect();
        assert_eq!(found, [("order_id".into(), "A-1".into()), ("x".into(), "a b".into()), ("flag".into(), "".into())]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[a-z:/?#@\\[\\]0-9]{0,40}") {
            let url = Url::read(&text);
            let _ = parameters(url.query).count();
        }
    }
}
