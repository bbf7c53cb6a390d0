//! What kind of body a copy is of, and reading a compressed one.

use std::borrow::Cow;
use std::io::Read;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::exchange::BodyCopy;

/// A decompressed copy is at most this many times as long as the compressed one.
const EXPANSION: u64 = 4;

/// The formats that capture reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Form,
    Other,
}

/// What the `Content-Type` says; without one, a body that starts like JSON is JSON.
pub(super) fn format(headers: &HeaderMap, bytes: &[u8]) -> Format {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = declared.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match media_type.as_deref() {
        Some("application/x-www-form-urlencoded") => Format::Form,
        Some(json) if json.ends_with("/json") || json.ends_with("+json") || json == "text/plain" => Format::Json,
        Some("application/x-ndjson" | "application/graphql-response") => Format::Json,
        Some(_) => Format::Other,
        None if matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) => Format::Json,
        None => Format::Other,
    }
}

/// The copy as the systems read it: gzip undone, bounded; `None` for codings that are not
/// looked into.
pub(super) fn decoded<'b>(headers: &HeaderMap, body: &'b BodyCopy) -> Option<Cow<'b, [u8]>> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let coding = match (codings.next(), codings.next()) {
        (None, _) => return Some(Cow::Borrowed(&body.bytes)),
        (Some(coding), None) => coding.to_str().ok()?.trim().to_ascii_lowercase(),
        _ => return None,
    };
    match coding.as_str() {
        "" | "identity" => Some(Cow::Borrowed(&body.bytes)),
        "gzip" | "x-gzip" => {
            let limit_bytes = (body.bytes.len() as u64).saturating_mul(EXPANSION).max(64 * 1024);
            let mut plain = Vec::new();
            // A cut or broken stream yields what stood before the fault.
            let _ = flate2::read::MultiGzDecoder::new(&body.bytes[..]).take(limit_bytes).read_to_end(&mut plain);
            Some(Cow::Owned(plain))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::exchange::headers_from;
    use super::*;

    #[test]
    fn the_content_type_decides() {
        for (content_type, format_) in [
            ("application/json; charset=utf-8", Format::Json),
            ("application/vnd.api+JSON", Format::Json),
            ("application/x-www-form-urlencoded", Format::Form),
            ("image/png", Format::Other),
        ] {
            assert_eq!(format(&headers_from([("content-type", content_type)]), b"{}"), format_, "{content_type}");
        }
        assert_eq!(format(&HeaderMap::new(), b" {}"), Format::Json);
        assert_eq!(format(&HeaderMap::new(), b"<x>"), Format::Other);
    }

    #[test]
    fn gzip_is_read_even_cut_and_never_without_bound() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![b'x'; 50 << 20]).unwrap();
        let bomb = encoder.finish().unwrap();
        let headers = headers_from([("content-encoding", "gzip")]);
        let plain = decoded(&headers, &BodyCopy::from(bytes::Bytes::from(bomb.clone()))).unwrap().len();
        assert!(plain <= bomb.len() * 4, "{plain}");
        let cut = decoded(&headers, &BodyCopy::from(bytes::Bytes::from(bomb[..1000].to_vec()))).unwrap().len();
        assert!((1..=64 * 1024).contains(&cut), "{cut}");
        assert!(decoded(&headers_from([("content-encoding", "br")]), &BodyCopy::default()).is_none());
    }
}
