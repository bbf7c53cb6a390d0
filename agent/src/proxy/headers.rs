//! Which headers stay on one hop (RFC 9110, 7.6.1).

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

const ALWAYS: [HeaderName; 6] = [
    CONNECTION,
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("keep-alive"),
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Takes out what concerns one connection only; gives back the protocol that an upgrade is
/// asked or agreed for, if any.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) -> Option<HeaderValue> {
    let options: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|option| HeaderName::try_from(option.trim()).ok())
        .collect();
    let upgrade = headers.get(UPGRADE).filter(|_| options.contains(&UPGRADE)).cloned();
    let takes_trailers = headers.get_all(TE).iter().any(|value| {
        value.to_str().is_ok_and(|value| value.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("trailers")))
    });
    // No connection option can take away what frames or routes the message.
    for name in options.iter().filter(|name| **name != HOST && **name != CONTENT_LENGTH) {
        headers.remove(name);
    }
    ALWAYS.iter().for_each(|name| drop(headers.remove(name)));
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    upgrade
}

/// Asks the other side for, or agrees with it on, an upgrade of this hop.
pub(super) fn set_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

/// Whether the peer closes the connection after this message.
pub(super) fn closes(headers: &HeaderMap) -> bool {
    headers.get_all(CONNECTION).iter().any(|value| {
        value.to_str().is_ok_and(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case("close")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::headers_from;

    #[test]
    fn one_hop_headers_stay_behind_and_all_others_pass() {
        let mut headers = headers_from([
            ("connection", "close, X-Mine"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("te", "gzip, Trailers"),
            ("transfer-encoding", "chunked"),
            ("trailer", "x-sum"),
            ("host", "shop"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ]);
        assert!(closes(&headers));
        assert_eq!(strip_hop_by_hop(&mut headers), None);
        let mut names: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
        names.sort();
        assert_eq!(names, ["host=shop", "set-cookie=a=1", "set-cookie=b=2", "te=trailers", "trailer=x-sum"]);
    }

    #[test]
    fn an_upgrade_is_one_only_if_connection_says_so() {
        let mut asked = headers_from([("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
        assert_eq!(strip_hop_by_hop(&mut asked).unwrap(), "websocket");
        let mut stray = headers_from([("upgrade", "h2c")]);
        assert_eq!(strip_hop_by_hop(&mut stray), None);
        assert!(stray.is_empty());
    }

    #[test]
    fn framing_and_host_cannot_be_named_away() {
        let mut headers =
            headers_from([("connection", "host, content-length"), ("host", "a"), ("content-length", "1")]);
        strip_hop_by_hop(&mut headers);
        assert_eq!(headers.len(), 2);
    }
}
