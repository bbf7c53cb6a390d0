use std::collections::{BTreeMap, BTreeSet};

use ordertrace_api::surface::{HandoffAccess, SurfaceSummary};

/// What is known of one handoff from all its ways.
#[derive(Default)]
struct Known {
    plaintext: bool,
    unauthenticated: bool,
    auth: bool,
}

/// Counts over all rows.
pub(super) fn summary(rows: &[HandoffAccess]) -> SurfaceSummary {
    let mut handoffs: BTreeMap<(&Option<String>, &str, &str), Known> = BTreeMap::new();
    for row in rows {
        let known = handoffs.entry((&row.from, &row.to, &row.operation)).or_default();
        known.plaintext |= row.is_plaintext();
        known.unauthenticated |= row.is_unauthenticated();
        known.auth |= row.auth.is_some();
    }
    let distinct = |said: fn(&HandoffAccess) -> Option<&String>| -> BTreeSet<String> {
        rows.iter().filter_map(said).cloned().collect()
    };
    let count = |is: fn(&Known) -> bool| handoffs.values().filter(|known| is(known)).count() as u64;
    let mut auth_schemes = distinct(|row| row.auth.as_ref());
    auth_schemes.remove("none");
    SurfaceSummary {
        auth_schemes: auth_schemes.into_iter().collect(),
        tls_states: distinct(|row| row.tls.as_ref()).into_iter().collect(),
        endpoints: distinct(|row| row.endpoint.as_ref()).len() as u64,
        handoffs: handoffs.len() as u64,
        plaintext: count(|known| known.plaintext),
        unauthenticated: count(|known| known.unauthenticated),
        auth_unknown: count(|known| !known.auth),
    }
}

#[cfg(test)]
mod tests {
    use ordertrace_api::journey::Observer;

    use super::*;

    #[test]
    fn handoffs_are_counted_and_not_their_ways() {
        let way = |operation: &str, auth: Option<&str>, tls: &str, endpoint: &str| HandoffAccess {
            from: Some("oms".to_owned()),
            to: "erp".to_owned(),
            operation: operation.to_owned(),
            observer: Observer::Proxy,
            auth: auth.map(str::to_owned),
            tls: Some(tls.to_owned()),
            endpoint: Some(endpoint.to_owned()),
            calls: 1,
            last_seen: jiff::Timestamp::UNIX_EPOCH,
        };
        let counted = summary(&[
            way("POST /a", Some("bearer"), "none", "http://erp"),
            way("POST /a", Some("none"), "none", "http://erp"),
            way("POST /b", None, "TLSv1.3", "https://erp"),
        ]);
        let expected = SurfaceSummary {
            auth_schemes: vec!["bearer".to_owned()],
            tls_states: vec!["TLSv1.3".to_owned(), "none".to_owned()],
            endpoints: 2,
            handoffs: 2,
            plaintext: 1,
            unauthenticated: 1,
            auth_unknown: 1,
        };
        assert_eq!(counted, expected);
    }
}
