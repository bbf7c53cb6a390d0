use hashbrown::HashMap;

use crate::native::{Block, BlockBuilder, Dictionary, Fixed, Numbering};
use crate::record::{Access, SpanRecord};
use crate::storage::codes::observer_code;

const SECOND_NS: i64 = 1_000_000_000;
const HOUR_S: u32 = 3_600;

/// The table `surface`: what the spans of the group add to it.
#[derive(Debug, Default)]
pub(super) struct Surface {
    to: Dictionary,
    from: Dictionary,
    operation: Dictionary,
    auth: Dictionary,
    tls: Dictionary,
    endpoint: Dictionary,
    // Endpoints are put together once for each row: each span has only their parts.
    scheme: Numbering,
    host: Numbering,
    places: HashMap<Identity, usize>,
    rows: Vec<Row>,
}

/// The numbers are those of the dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity {
    hour_s: u32,
    to: u32,
    from: u32,
    operation: u32,
    observer: i8,
    auth: u32,
    tls: u32,
    scheme: u32,
    host: u32,
    port: Option<u16>,
}

#[derive(Debug)]
struct Row {
    identity: Identity,
    endpoint: u32,
    calls: u64,
    last_seen_s: u32,
}

impl Surface {
    /// Adds the ends of handoffs among the spans.
    pub(super) fn extend(&mut self, spans: &[SpanRecord<'_>]) {
        for span in spans.iter().filter(|span| span.noise.is_empty()) {
            let Some(side) = span.side else { continue };
            let seen_s = span.started_at_ns.div_euclid(SECOND_NS).clamp(0, i64::from(u32::MAX)) as u32;
            let identity = Identity {
                hour_s: seen_s - seen_s % HOUR_S,
                to: self.to.number(side.to),
                from: self.from.number(side.from),
                operation: self.operation.number(side.operation),
                observer: observer_code(side.observer),
                auth: self.auth.number(side.access.auth),
                tls: self.tls.number(side.access.tls),
                scheme: self.scheme.number(side.access.scheme),
                host: self.host.number(side.access.host),
                port: side.access.port,
            };
            let place = *self.places.entry(identity).or_insert(self.rows.len());
            if place == self.rows.len() {
                let endpoint = self.endpoint.number(&endpoint(&side.access));
                self.rows.push(Row { identity, endpoint, calls: 0, last_seen_s: 0 });
            }
            let Some(row) = self.rows.get_mut(place) else { continue };
            row.calls += 1;
            row.last_seen_s = row.last_seen_s.max(seen_s);
        }
    }

    pub(super) fn into_block(self) -> Block {
        let Self { mut to, mut from, mut operation, mut auth, mut tls, mut endpoint, rows, .. } = self;
        let [mut hour, mut last_seen] = [(); 2].map(|()| Fixed::<4>::new("DateTime('UTC')"));
        let mut observer =
            Fixed::<1>::new("Enum8('client' = 1, 'producer' = 2, 'proxy' = 3, 'server' = 4, 'consumer' = 5)");
        let mut calls = Fixed::<8>::new("UInt64");
        for row in &rows {
            let identity = row.identity;
            hour.push(identity.hour_s.to_le_bytes());
            to.push_number(identity.to);
            from.push_number(identity.from);
            operation.push_number(identity.operation);
            observer.push(identity.observer.to_le_bytes());
            auth.push_number(identity.auth);
            tls.push_number(identity.tls);
            endpoint.push_number(row.endpoint);
            calls.push(row.calls.to_le_bytes());
            last_seen.push(row.last_seen_s.to_le_bytes());
        }
        let mut block = BlockBuilder::new(rows.len());
        block
            .column("hour", hour)
            .column("handoff_to", to)
            .column("handoff_from", from)
            .column("operation", operation)
            .column("observer", observer)
            .column("auth_scheme", auth)
            .column("tls", tls)
            .column("endpoint", endpoint)
            .column("calls", calls)
            .column("last_seen", last_seen);
        block.finish()
    }
}

/// `https://host:port`, without what is not known: `host`, or the scheme alone.
fn endpoint(access: &Access<'_>) -> String {
    let Access { scheme, host, port, .. } = access;
    if host.is_empty() {
        return (*scheme).to_owned();
    }
    let mut text = String::new();
    if !scheme.is_empty() {
        text.extend([scheme, "://"]);
    }
    // An IPv6 address has colons of its own (RFC 3986, 3.2.2).
    if host.contains(':') {
        text.extend(["[", host, "]"]);
    } else {
        text.push_str(host);
    }
    if let Some(port) = port {
        text.push(':');
        text.push_str(&port.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_say_what_is_known() {
        for (scheme, host, port, expected) in [
            ("https", "tax", Some(8443), "https://tax:8443"),
            ("https", "tax", None, "https://tax"),
            ("", "tax", Some(1), "tax:1"),
            ("http", "::1", Some(80), "http://[::1]:80"),
            ("kafka", "", None, "kafka"),
            ("", "", None, ""),
        ] {
            assert_eq!(endpoint(&Access { scheme, host, port, ..Access::default() }), expected);
        }
    }
}
