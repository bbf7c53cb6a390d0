use std::collections::{BTreeSet, HashMap};

use clickhouse::Client;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::InFlight;
use rust_decimal::Decimal;

use super::copy::Copy;
use super::flight::Gap;
use super::item::{Item, Subject};
use super::ledger::Ledger;
use super::pair::{Pair, Pairs};
use crate::lines::{Held, Lines, Most};

/// Drifts are looked at together of so many SKUs: a query may be 256 KiB long.
pub(crate) const MOST_SKUS: usize = 1_000;

/// Orders that are looked at, and may be in flight.
pub(super) const MOST_ORDERS: Most = Most { each: 500, all: 5_000 };

/// Tells what orders in flight explain.
#[derive(Clone)]
pub(crate) struct Flights {
    pub(super) lines: Lines,
    ledger: Ledger,
    pairs: Pairs,
}

/// A drift that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Differing<'d> {
    /// Name of what is compared.
    pub(crate) sync: &'d str,
    pub(crate) target: &'d str,
    /// A SKU, where it is stock.
    pub(crate) subject: &'d str,
    pub(crate) location: &'d str,
    pub(crate) source_value: &'d str,
    /// How much more the target shows, decimal text; empty for what is no number.
    pub(crate) difference: &'d str,
}

impl Flights {
    /// Of one database.
    pub(crate) fn new(client: Client, pairs: Pairs) -> Self {
        Self { lines: Lines::new(client.clone()), ledger: Ledger::new(client), pairs }
    }

    /// Since when an order that is in flight at `now_ns` was placed: nanoseconds since the Unix epoch, as all times
    /// here. `None` = orders explain nothing.
    pub(crate) fn since_ns(&self, now_ns: i64) -> Option<i64> {
        let longest = self.pairs.iter().filter_map(|pair| pair.flight.as_ref()).map(|flight| flight.at_most_ns).max();
        longest.map(|longest_ns| now_ns.saturating_sub(longest_ns).max(0))
    }

    /// The SKUs of what differs in a sync of which something was said together with an order that may be in flight at
    /// `now_ns`; the newest of them, as many as are looked at together.
    pub(crate) async fn touched(&self, sync: &str, now_ns: i64) -> clickhouse::error::Result<Vec<String>> {
        let Some(since_ns) = self.since_ns(now_ns) else { return Ok(Vec::new()) };
        self.lines.differing(sync, since_ns, MOST_SKUS).await
    }

    /// The orders that may be in flight at `now_ns` and hold what differs.
    pub(crate) async fn held(&self, drifts: &[Differing<'_>], now_ns: i64) -> clickhouse::error::Result<Held> {
        let skus: BTreeSet<&str> = drifts.iter().filter(|drift| self.gap(drift).is_some()).map(|d| d.subject).collect();
        let skus: Vec<&str> = skus.into_iter().collect();
        match self.since_ns(now_ns) {
            Some(since_ns) if !skus.is_empty() => self.lines.held(&skus, (since_ns, i64::MAX), MOST_ORDERS).await,
            _ => Ok(Held::default()),
        }
    }

    /// What the orders that are `held` explain of each of these drifts at `now_ns`; `None` of those of which orders
    /// explain nothing whatever they do.
    pub(crate) async fn explain(
        &self,
        drifts: &[Differing<'_>],
        held: &Held,
        now_ns: i64,
    ) -> clickhouse::error::Result<Vec<Option<InFlight>>> {
        let with_orders = |drift: &&Differing<'_>| self.gap(drift).is_some() && !held.of(drift.subject).is_empty();
        let subjects: BTreeSet<Subject> = drifts.iter().filter(with_orders).map(subject).collect();
        let mut copies: HashMap<Subject, Vec<Copy>> = HashMap::new();
        let subjects: Vec<&Subject> = subjects.iter().collect();
        for subjects in subjects.chunks(MOST_SKUS) {
            let known = self.ledger.known(subjects).await?;
            copies.extend(known.into_iter().map(|(subject, packed)| {
                let (copies, _) = packed.unpack(&subject);
                (subject, copies)
            }));
        }
        let explained = drifts.iter().map(|drift| {
            let (pair, difference) = self.gap(drift)?;
            let copies: Vec<&Copy> = copies.get(&subject(drift)).into_iter().flatten().collect();
            let moments = pair.moments(&copies, &item(pair, drift));
            let gap = Gap { sku: drift.subject, location: drift.location, difference, moments: &moments };
            let mut found = pair.flight.as_ref()?.explain(&gap, held, now_ns);
            let number = |text: &str| Decimal::from_str_exact(text).ok();
            let rest = number(&found.unexplained).zip(number(drift.source_value));
            found.settled |= rest.is_some_and(|(rest, source)| pair.tolerates(rest, source));
            Some(found)
        });
        Ok(explained.collect())
    }

    /// Of which pair a drift is and by how much it differs, if orders may explain it.
    fn gap(&self, drift: &Differing<'_>) -> Option<(&Pair, Decimal)> {
        let is_it = |pair: &&Pair| pair.sync == drift.sync && pair.target == drift.target && pair.flight.is_some();
        Some((self.pairs.iter().find(is_it)?, Decimal::from_str_exact(drift.difference).ok()?))
    }
}

fn subject(drift: &Differing<'_>) -> Subject {
    Subject { entity: Entity::Inventory, name: drift.subject.to_owned() }
}

fn item(pair: &Pair, drift: &Differing<'_>) -> Item {
    Item {
        subject: subject(drift),
        location: drift.location.to_owned(),
        channel: String::new(),
        currency: String::new(),
        state: pair.state.to_owned(),
        field: String::new(),
    }
}
