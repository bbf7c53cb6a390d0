//! Handoffs in the open: without encryption, or without any credential.
//!
//! Told from how systems reached each other in the last day, once a minute. Only what is certain counts:
//! a proxy or a caller says so. A receiver does not know how the balancer before it was reached. What
//! stays on the host is no exposure.

use std::collections::BTreeMap;

use clickhouse::Client;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::finding::{Evidence, FindingKind, FindingState};
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::Key;
use ordertrace_api::surface::HandoffAccess;

use super::HANDOFF;
use super::ledger::{Entry, Ledger};
use crate::moment::Range;
use crate::settings::ExposureSettings;
use crate::surface::{Hours, Surfaces};

/// So long after the last such call a finding closes.
const HELD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Operations that a finding names; it shows no more of them as evidence either.
const MOST_NAMED: usize = 5;

/// Both kinds, with their rules.
const KINDS: [(FindingKind, &str); 2] = [
    (FindingKind::PlaintextHandoff, "handoffs are encrypted"),
    (FindingKind::UnauthenticatedHandoff, "handoffs bear a credential"),
];

/// Finds handoffs in the open.
pub(super) struct Exposure {
    surfaces: Surfaces,
    ledger: Ledger,
    settings: ExposureSettings,
}

/// Sender, where it is known, and receiver.
type Pair<'w> = (Option<&'w str>, &'w str);

impl Exposure {
    pub(super) fn new(client: Client, ledger: Ledger, settings: ExposureSettings) -> Self {
        Self { surfaces: Surfaces::new(client), ledger, settings }
    }

    /// Looks at all handoffs of the day before `now`.
    pub(super) async fn look(&self, now: Timestamp) -> clickhouse::error::Result<()> {
        let since = now.checked_sub(HELD_FOR).unwrap_or(Timestamp::MIN);
        let Ok(range) = Range::new(since, now) else { return Ok(()) };
        let (ways, more) = self.surfaces.ways(Hours::touched(range)).await?;
        let mut changed = Vec::new();
        for (kind, rule) in KINDS {
            let mut exposed = exposed(kind, &ways, more, &self.settings);
            for open in self.ledger.open_of(kind).await? {
                let still = exposed.keys().find(|pair| key(**pair) == open.anchor).copied();
                match still.and_then(|pair| Some((pair, exposed.remove(&pair)?))) {
                    Some((pair, ways)) => {
                        let mut found = entry((kind, rule), pair, &ways, now);
                        found.finding.since = open.finding.since;
                        found.finding.opened_at = open.finding.opened_at;
                        if found.finding.says != open.finding.says {
                            changed.push(found);
                        }
                    }
                    // Of what was left out nothing is known.
                    None if more => {}
                    None => {
                        let why = "of the calls of the last day that settings do not leave out, none is known to be so";
                        let mut over = open.ended(FindingState::Closed, now, why);
                        over.finding.updated_at = now;
                        changed.push(over);
                    }
                }
            }
            changed.extend(exposed.into_iter().map(|(pair, ways)| entry((kind, rule), pair, &ways, now)));
        }
        self.ledger.write(&changed).await
    }
}

/// The ways that are a fault of this kind, by pair of systems. Of `some` ways only, what a caller says
/// is not certain: a proxy that knows more may be among the others.
fn exposed<'w>(
    kind: FindingKind,
    ways: &'w [HandoffAccess],
    some: bool,
    settings: &ExposureSettings,
) -> BTreeMap<Pair<'w>, Vec<&'w HandoffAccess>> {
    let is_wanted = match kind {
        FindingKind::PlaintextHandoff => settings.plaintext,
        _ => settings.unauthenticated,
    };
    let is_fault = |way: &HandoffAccess| match kind {
        FindingKind::PlaintextHandoff => way.is_plaintext(),
        _ => way.is_unauthenticated(),
    };
    let is_known = |way: &HandoffAccess| match way.observer {
        Observer::Proxy => true,
        Observer::Client | Observer::Producer => !some,
        Observer::Server | Observer::Consumer => false,
    };
    let is_meant = |way: &HandoffAccess| settings.except.iter().any(|pair| pair.fits(way.from.as_deref(), &way.to));
    let mut exposed: BTreeMap<Pair<'w>, Vec<&'w HandoffAccess>> = BTreeMap::new();
    for way in ways.iter().filter(|way| is_wanted && is_fault(way) && is_known(way) && !is_meant(way)) {
        if !way.endpoint.as_deref().is_some_and(stays_on_the_host) {
            exposed.entry((way.from.as_deref(), &way.to)).or_default().push(way);
        }
    }
    exposed
}

/// Whether an endpoint, `scheme://host:port`, is of the loopback interface.
fn stays_on_the_host(endpoint: &str) -> bool {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, authority)| authority);
    let bracketed = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(host, _)| host);
    let named = || authority.rsplit_once(':').map(|(host, _)| host).filter(|host| !host.contains(':'));
    let host = bracketed.or_else(named).unwrap_or(authority);
    let is_loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback || host.eq_ignore_ascii_case("localhost")
}

fn key((from, to): Pair<'_>) -> Key {
    Key { kind: HANDOFF.to_owned(), system: None, value: format!("{} -> {to}", from.unwrap_or("?")) }
}

/// The finding about one pair. What a reader is told of counts no calls, or it would change all the time.
fn entry((kind, rule): (FindingKind, &str), pair: Pair<'_>, ways: &[&HandoffAccess], now: Timestamp) -> Entry {
    let (from, to) = pair;
    let mut named: Vec<String> = ways.iter().map(|way| place(way)).collect();
    named.sort_unstable();
    named.dedup();
    let rest = named.len().saturating_sub(MOST_NAMED);
    named.truncate(MOST_NAMED);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let lacks = if kind == FindingKind::PlaintextHandoff { "is not encrypted" } else { "bears no credential" };
    let says = format!("what {} asks of {to} {lacks}: {}{rest}", from.unwrap_or("somebody"), named.join(", "));
    let since = ways.iter().map(|way| way.last_seen).min().unwrap_or(now);
    let mut entry = Entry::open((key(pair), ""), ("", rule), kind, since, says, now);
    entry.finding.system = Some(to.to_owned());
    entry.finding.evidence = ways
        .iter()
        .take(MOST_NAMED)
        .map(|way| Evidence {
            at: way.last_seen,
            what: format!("{}, {} times", place(way), way.calls),
            system: from.unwrap_or(to).to_owned(),
            trace_id: String::new(),
            span_id: String::new(),
        })
        .collect();
    entry
}

/// What was asked, and where as far as it is known.
fn place(way: &HandoffAccess) -> String {
    let endpoint = way.endpoint.as_ref().map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
    format!("{}{endpoint}", way.operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::PairSettings;

    fn way(from: &str, to: &str, observer: Observer, auth: &str, tls: &str, endpoint: &str) -> HandoffAccess {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        HandoffAccess {
            from: said(from),
            to: to.to_owned(),
            operation: "POST /docs".to_owned(),
            observer,
            auth: said(auth),
            tls: said(tls),
            endpoint: said(endpoint),
            calls: 3,
            last_seen: Timestamp::UNIX_EPOCH,
        }
    }

    fn pairs(kind: FindingKind, ways: &[HandoffAccess], settings: &ExposureSettings) -> Vec<String> {
        exposed(kind, ways, false, settings).into_keys().map(|pair| key(pair).value).collect()
    }

    #[test]
    fn what_is_certain_and_leaves_the_host_is_found() {
        let ways = [
            way("oms", "erp", Observer::Client, "", "none", "http://erp:80"),
            way("oms", "wms", Observer::Proxy, "none", "TLSv1.3", "https://wms:443"),
            way("oms", "crm", Observer::Client, "", "", ""),
            way("oms", "tax", Observer::Proxy, "basic", "tls", "https://tax:443"),
            way("", "pim", Observer::Server, "none", "none", ""),
            way("oms", "side", Observer::Proxy, "none", "none", "http://127.0.0.1:21440"),
        ];
        let settings = ExposureSettings::default();
        assert_eq!(pairs(FindingKind::PlaintextHandoff, &ways, &settings), ["oms -> erp"]);
        assert_eq!(pairs(FindingKind::UnauthenticatedHandoff, &ways, &settings), ["oms -> wms"]);
        let off = ExposureSettings { plaintext: false, ..ExposureSettings::default() };
        assert!(pairs(FindingKind::PlaintextHandoff, &ways, &off).is_empty());
        let except = vec![PairSettings { from: None, to: Some("wms".to_owned()) }];
        let meant = ExposureSettings { except, ..ExposureSettings::default() };
        assert!(pairs(FindingKind::UnauthenticatedHandoff, &ways, &meant).is_empty());
        assert_eq!(pairs(FindingKind::PlaintextHandoff, &ways, &meant), ["oms -> erp"]);
        let some = |kind| exposed(kind, &ways, true, &settings).into_keys().collect::<Vec<_>>();
        assert!(some(FindingKind::PlaintextHandoff).is_empty(), "a proxy that was left out may know better");
        assert_eq!(some(FindingKind::UnauthenticatedHandoff), [(Some("oms"), "wms")]);
    }

    #[test]
    fn loopback_is_the_host() {
        for endpoint in ["http://localhost:80", "http://127.0.0.9", "http://[::1]:8080", "redis://::1", "localhost"] {
            assert!(stays_on_the_host(endpoint), "{endpoint}");
        }
        for endpoint in ["http://erp:80", "http://10.0.0.1:80", "https://localhost.example", "http://[fe80::1]:80"] {
            assert!(!stays_on_the_host(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn a_finding_names_what_is_asked_and_where() {
        let ways: Vec<HandoffAccess> =
            (0..7).map(|port| way("oms", "erp", Observer::Client, "", "none", &format!("http://erp:{port}"))).collect();
        let ways: Vec<&HandoffAccess> = ways.iter().collect();
        let found = entry(KINDS[0], (Some("oms"), "erp"), &ways, Timestamp::UNIX_EPOCH);
        assert!(found.finding.says.starts_with("what oms asks of erp is not encrypted: POST /docs at http://erp:0, "));
        assert!(found.finding.says.ends_with(" and 2 more"), "{}", found.finding.says);
        assert_eq!(found.finding.evidence.len(), MOST_NAMED);
    }
}
