//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>): reading, continuing, writing.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Header with the caller's position in its trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Header with vendors' own data about it.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

const SAMPLED: u8 = 1;

/// Where an attempt stands in which trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceContext {
    /// Never all zero.
    pub trace_id: [u8; 16],
    /// The attempt's own span; never all zero.
    pub span_id: [u8; 8],
    /// The caller's span, if it sent one.
    pub parent_span_id: Option<[u8; 8]>,
    /// Trace flags; bit 0 = sampled.
    pub flags: u8,
    /// As received, empty if none.
    pub state: String,
}

impl TraceContext {
    /// Continues the trace that `headers` name with a new span, or starts one when they name
    /// none that is valid: the specification says to restart on a malformed `traceparent`
    /// and then to ignore `tracestate`. The ids are used as far as needed.
    pub fn from_headers(headers: &HeaderMap, new_trace_id: [u8; 16], new_span_id: [u8; 8]) -> Self {
        let mut parents = headers.get_all(TRACEPARENT).iter();
        let parent = match (parents.next(), parents.next()) {
            // Two of them: it cannot be known which is meant.
            (Some(parent), None) => parent.to_str().ok().and_then(parse),
            _ => None,
        };
        match parent {
            Some((trace_id, parent_span_id, flags)) => {
                let states = headers.get_all(TRACESTATE).iter().filter_map(|value| value.to_str().ok());
                let state = states.filter(|state| !state.trim().is_empty()).collect::<Vec<_>>().join(",");
                Self { trace_id, span_id: new_span_id, parent_span_id: Some(parent_span_id), flags, state }
            }
            None => Self { trace_id: new_trace_id, span_id: new_span_id, flags: SAMPLED, ..Self::default() },
        }
    }

    /// A trace of its own with random ids.
    pub fn random() -> Self {
        let (trace_id, span_id) = random_ids();
        Self { trace_id, span_id, flags: SAMPLED, ..Self::default() }
    }

    /// Makes the attempt the parent of what the receiving system does.
    pub fn write(&self, headers: &mut HeaderMap) {
        let text = format!("00-{}-{}-{:02x}", hex::encode(self.trace_id), hex::encode(self.span_id), self.flags);
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(TRACEPARENT, value);
        }
        if self.parent_span_id.is_none() {
            headers.remove(TRACESTATE);
        }
    }
}

/// Random ids for a trace and a span, never all zero.
pub fn random_ids() -> ([u8; 16], [u8; 8]) {
    (rand::random_range(1..=u128::MAX).to_be_bytes(), rand::random_range(1..=u64::MAX).to_be_bytes())
}

fn parse(text: &str) -> Option<([u8; 16], [u8; 8], u8)> {
    let text = text.trim();
    let mut parts = text.splitn(5, '-');
    let version = lower_hex::<1>(parts.next()?)?[0];
    let trace_id = lower_hex::<16>(parts.next()?)?;
    let span_id = lower_hex::<8>(parts.next()?)?;
    let flags = lower_hex::<1>(parts.next()?)?[0];
    // Later versions may append fields; version 00 has none.
    let rest = parts.next();
    let valid = version != 0xff && (version != 0 || rest.is_none());
    // Bits that version 00 does not know are not passed on under its name.
    let flags = if version == 0 { flags } else { flags & SAMPLED };
    (valid && trace_id != [0; 16] && span_id != [0; 8]).then_some((trace_id, span_id, flags))
}

fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn context(headers: &[(&'static str, &str)]) -> TraceContext {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        TraceContext::from_headers(&map, [7; 16], [8; 8])
    }

    #[test]
    fn a_trace_is_continued() {
        let continued = context(&[("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")]);
        assert_eq!(hex::encode(continued.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(continued.parent_span_id.map(hex::encode).unwrap(), "00f067aa0ba902b7");
        assert_eq!((continued.span_id, continued.flags, continued.state.as_str()), ([8; 8], 1, "a=1,b=2"));
        let mut headers = HeaderMap::new();
        continued.write(&mut headers);
        assert_eq!(headers[TRACEPARENT], "00-4bf92f3577b34da6a3ce929d0e0e4736-0808080808080808-01");
    }

    #[test]
    fn an_unsampled_trace_stays_unsampled() {
        let parent = PARENT.replace("-01", "-00");
        assert_eq!(context(&[("traceparent", &parent)]).flags, 0);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_known() {
        let later = PARENT.replace("00-4", "cc-4") + "-what-comes-next";
        assert!(context(&[("traceparent", &later)]).parent_span_id.is_some());
    }

    #[test]
    fn what_is_malformed_starts_a_new_trace() {
        for parent in [
            "",
            "00",
            &PARENT.to_uppercase(),
            &PARENT.replace("00-4", "ff-4"),
            &format!("{PARENT}-more"),
            &PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            &PARENT.replace("00f067aa0ba902b7", "0000000000000000"),
            &PARENT[..54],
        ] {
            let started = context(&[("traceparent", parent), ("tracestate", "a=1")]);
            assert_eq!((started.trace_id, started.parent_span_id), ([7; 16], None), "{parent}");
            assert_eq!((started.flags, started.state.as_str()), (1, ""));
        }
        assert_eq!(context(&[("traceparent", PARENT), ("traceparent", PARENT)]).trace_id, [7; 16]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-f\\-]{0,70}|\\PC{0,20}") {
            parse(&text);
        }

        #[test]
        fn what_is_written_is_read(trace in 1..=u128::MAX, span in 1..=u64::MAX, flags: u8) {
            let written = TraceContext {
                trace_id: trace.to_be_bytes(), span_id: span.to_be_bytes(), flags, ..TraceContext::default()
            };
            let mut headers = HeaderMap::new();
            written.write(&mut headers);
            let read = TraceContext::from_headers(&headers, [7; 16], [8; 8]);
            prop_assert_eq!(
                (read.trace_id, read.parent_span_id, read.flags),
                (written.trace_id, Some(written.span_id), flags)
            );
        }
    }
}
