//! Handoffs that are tried again and again: retries that keep a system down which they are to outlive.
//!
//! Read once a minute from what handoffs add up to by the minute. Senders that declare their resends
//! tell how many attempts an exchange took; of those that do not, the handoff's own [past](decide)
//! tells how many exchanges there can be. Two steps keep it cheap: first which systems failed or
//! resent often enough at all, then the minutes of the handoffs between those.

mod decide;

use std::collections::{BTreeMap, BTreeSet};

use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::finding::{Evidence, FindingKind, FindingState};
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use self::decide::{Counts, LATE, Minutes, PAST, RECENT, Storm, storm};
use super::ledger::{Entry, Ledger};
use super::{HANDOFF, MINUTE_NS, minute_of};
use crate::hotspots::anonymous;
use crate::moment::timestamp;
use crate::settings::RetryStormSettings;

/// A storm that began longer ago is added up from here on: a week.
const LONGEST: u32 = 7 * 24 * 60;

/// Pairs of systems looked at closely, those with most attempts first.
const MOST_PAIRS: usize = 100;

/// Minutes that a finding shows, the worst.
const MOST_EVIDENCE: usize = 10;

/// The rule, for findings.
const RULE: &str = "retries stay few";

/// Receivers do not know what is tried again; whoever consumes messages does.
const OBSERVERS: &str = "observer IN ('client', 'producer', 'proxy', 'consumer')";

/// Sender (empty = not known), receiver and operation, with nothing but `{}` for placeholders.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Handoff {
    from: String,
    to: String,
    operation: String,
}

#[derive(Debug, Row, Deserialize)]
struct PairRow {
    handoff_to: String,
    handoff_from: String,
}

#[derive(Debug, Row, Deserialize)]
struct MinuteRow {
    since_epoch: u32,
    handoff_to: String,
    handoff_from: String,
    operation: String,
    reported_by: i8,
    all_attempts: u64,
    all_failed: u64,
    all_resent: u64,
}

/// Finds retry storms.
pub(super) struct Storms {
    client: Client,
    ledger: Ledger,
    settings: RetryStormSettings,
}

impl Storms {
    pub(super) fn new(client: Client, ledger: Ledger, settings: RetryStormSettings) -> Self {
        Self { client, ledger, settings }
    }

    /// Looks at all handoffs at `now`.
    pub(super) async fn look(&self, now: Timestamp) -> clickhouse::error::Result<()> {
        let minute = minute_of(now);
        let open = self.ledger.open_of(FindingKind::RetryStorm).await?;
        let since: BTreeMap<&Key, u32> =
            open.iter().map(|entry| (&entry.anchor, minute_of(entry.finding.since))).collect();
        let pairs = self.suspects(minute).await?;
        if pairs.is_empty() && open.is_empty() {
            return Ok(());
        }
        let oldest = since.values().copied().min().unwrap_or(minute).min(minute.saturating_sub(RECENT));
        let handoffs = self.minutes(&pairs, oldest.max(minute.saturating_sub(LONGEST)), minute).await?;
        let all = pairs.len() < MOST_PAIRS;
        if !all {
            tracing::warn!(limit = MOST_PAIRS, "retry storms are looked for between the busiest systems only");
        }
        let looked_at: BTreeSet<Key> = handoffs.keys().map(Handoff::key).collect();
        let mut storms: BTreeMap<Key, (Handoff, Storm, Minutes)> = BTreeMap::new();
        for (handoff, minutes) in handoffs {
            let anchor = handoff.key();
            if let Some(storm) = storm(&minutes, minute, since.get(&anchor).copied(), &self.settings) {
                storms.insert(anchor, (handoff, storm, minutes));
            }
        }
        let mut changed = Vec::new();
        for entry in &open {
            match storms.remove(&entry.anchor) {
                Some((handoff, storm, minutes)) => {
                    let mut found = handoff.entry(storm, &minutes, now);
                    found.about.clone_from(&entry.about);
                    found.finding.id.clone_from(&entry.finding.id);
                    found.finding.since = entry.finding.since;
                    found.finding.opened_at = entry.finding.opened_at;
                    if found.finding.says != entry.finding.says {
                        changed.push(found);
                    }
                }
                // Nobody looked.
                None if !all && !looked_at.contains(&entry.anchor) => {}
                None => {
                    let mut over = entry.clone().ended(FindingState::Closed, now, "retries are few again");
                    over.finding.updated_at = now;
                    changed.push(over);
                }
            }
        }
        changed.extend(storms.into_values().map(|(handoff, storm, minutes)| handoff.entry(storm, &minutes, now)));
        self.ledger.write(&changed).await
    }

    /// Senders and receivers between which there may be a storm: attempts enough, and enough of
    /// them that failed or were resent.
    #[instrument(name = "SELECT handoffs_per_minute by pair", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "handoffs_per_minute"))]
    async fn suspects(&self, now: u32) -> clickhouse::error::Result<BTreeSet<(String, String)>> {
        let from = now.saturating_sub(self.settings.over_minutes() + LATE);
        let least = self.settings.attempts;
        let per_exchange = u64::from(self.settings.attempts_per_exchange);
        let query = format!(
            "SELECT handoff_to, handoff_from FROM handoffs_per_minute
             WHERE minute >= toDateTime(?, 'UTC') AND minute <= toDateTime(?, 'UTC') AND {OBSERVERS}
             GROUP BY handoff_to, handoff_from
             HAVING sum(handoffs_per_minute.attempts) >= ?
                AND sum(handoffs_per_minute.failed) + sum(handoffs_per_minute.resent) >= ?
             ORDER BY sum(handoffs_per_minute.attempts) DESC, handoff_to, handoff_from LIMIT {MOST_PAIRS}"
        );
        let rows = self
            .client
            .query(&query)
            .bind(from.saturating_mul(60))
            .bind(now.saturating_mul(60))
            .bind(least)
            .bind(least.saturating_sub(least.div_ceil(per_exchange.max(1))))
            .fetch_all::<PairRow>()
            .await?;
        Ok(rows.into_iter().map(|row| (row.handoff_to, row.handoff_from)).collect())
    }

    /// The minutes of the handoffs of these pairs, from a day before `from` on.
    #[instrument(name = "SELECT handoffs_per_minute of pairs", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "handoffs_per_minute"))]
    async fn minutes(
        &self,
        pairs: &BTreeSet<(String, String)>,
        from: u32,
        now: u32,
    ) -> clickhouse::error::Result<BTreeMap<Handoff, Minutes>> {
        if pairs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let query = format!(
            "SELECT toUInt32(intDiv(toUnixTimestamp(minute), 60)) AS since_epoch, handoff_to, handoff_from, operation,
                toInt8(observer) AS reported_by, sum(attempts) AS all_attempts, sum(failed) AS all_failed,
                sum(resent) AS all_resent
             FROM handoffs_per_minute
             WHERE minute >= toDateTime(?, 'UTC') AND minute <= toDateTime(?, 'UTC') AND {OBSERVERS}
                AND (handoff_to, handoff_from) IN ?
             GROUP BY minute, handoff_to, handoff_from, operation, observer"
        );
        let mut rows = self
            .client
            .query(&query)
            .bind(from.saturating_sub(PAST).saturating_mul(60))
            .bind(now.saturating_mul(60))
            .bind(pairs.iter().collect::<Vec<_>>())
            .fetch::<MinuteRow>()?;
        let mut reports: BTreeMap<Handoff, BTreeMap<i8, Minutes>> = BTreeMap::new();
        while let Some(row) = rows.next().await? {
            let operation = anonymous(&row.operation).into_owned();
            let handoff = Handoff { from: row.handoff_from, to: row.handoff_to, operation };
            let counts = Counts { attempts: row.all_attempts, failed: row.all_failed, resent: row.all_resent };
            let minutes = reports.entry(handoff).or_default().entry(row.reported_by).or_default();
            minutes.entry(row.since_epoch).or_default().add(counts);
        }
        Ok(reports.into_iter().map(|(handoff, observers)| (handoff, together(observers))).collect())
    }
}

/// What several observers of the same attempts report: of each minute what that one says which saw most,
/// and the resends that any of them knows of.
fn together(observers: BTreeMap<i8, Minutes>) -> Minutes {
    let mut minutes = Minutes::new();
    for (minute, counts) in observers.into_values().flatten() {
        let known = minutes.entry(minute).or_default();
        let resent = known.resent.max(counts.resent);
        if counts.attempts > known.attempts {
            *known = counts;
        }
        known.resent = resent.min(known.attempts);
    }
    minutes
}

impl Handoff {
    fn key(&self) -> Key {
        let from = if self.from.is_empty() { "?" } else { &self.from };
        let value = format!("{from} -> {} {}", self.to, self.operation);
        Key { kind: HANDOFF.to_owned(), system: None, value }
    }

    fn entry(&self, storm: Storm, minutes: &Minutes, now: Timestamp) -> Entry {
        let since = timestamp(i64::from(storm.since).saturating_mul(MINUTE_NS));
        let each = storm.attempts as f64 / storm.exchanges.max(1) as f64;
        let by = if self.from.is_empty() { String::new() } else { format!(" by {}", self.from) };
        let usual = storm.usual.map(|usual| format!("; {usual:.1} are usual")).unwrap_or_default();
        let says = format!(
            "{} attempts{by} at {} of {} for at most {} exchanges since {since}, {each:.1} each{usual}",
            storm.attempts, self.operation, self.to, storm.exchanges
        );
        let about = since.to_string();
        let mut entry = Entry::open((self.key(), &about), ("", RULE), FindingKind::RetryStorm, since, says, now);
        entry.finding.system = Some(self.to.clone());
        let mut worst: Vec<(&u32, &Counts)> = minutes.range(storm.since..).collect();
        worst.sort_unstable_by_key(|(minute, counts)| (std::cmp::Reverse(counts.attempts), **minute));
        worst.truncate(MOST_EVIDENCE);
        worst.sort_unstable_by_key(|(minute, _)| **minute);
        entry.finding.evidence = worst.into_iter().map(|(minute, counts)| self.evidence(*minute, *counts)).collect();
        entry
    }

    /// A minute of it.
    fn evidence(&self, minute: u32, counts: Counts) -> Evidence {
        Evidence {
            at: timestamp(i64::from(minute).saturating_mul(MINUTE_NS)),
            what: format!("{} attempts, {} failed, {} resent", counts.attempts, counts.failed, counts.resent),
            system: if self.from.is_empty() { self.to.clone() } else { self.from.clone() },
            trace_id: String::new(),
            span_id: String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
