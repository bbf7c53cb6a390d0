//! Which requests are stored, and how often.

use std::collections::BTreeMap;

use clickhouse::{Client, Row};
use serde::Deserialize;

use super::raw::SPANS;
use crate::load::{Entry, RequestId, Signal};

/// So many requests are named of all that are wrong in the same way.
const NAMED: usize = 5;

/// What the table of a signal holds of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
struct Rows {
    request: u64,
    rows: u64,
    /// Distinct ones among them.
    items: u64,
}

/// Requests of which there are rows.
#[derive(Debug)]
pub(super) struct Presence(BTreeMap<(Signal, RequestId), Rows>);

impl Presence {
    pub(super) async fn read(client: &Client) -> anyhow::Result<Self> {
        let mut found = BTreeMap::new();
        for (signal, table, item) in [
            (Signal::Traces, SPANS, "span_id"),
            (Signal::Logs, "events", "span_id"),
            (Signal::Metrics, "readings", "unhex(subject)"),
        ] {
            let sql = format!(
                "SELECT bitShiftRight(reinterpretAsUInt64({item}), 8) AS request, count() AS rows, uniqExact({item}) AS items
                 FROM {table} GROUP BY request"
            );
            let rows = client.query(&sql).fetch_all::<Rows>().await?;
            found.extend(rows.into_iter().map(|rows| ((signal, RequestId(rows.request)), rows)));
        }
        Ok(Self(found))
    }

    /// Whether anything of a request is stored.
    pub(super) fn has(&self, signal: Signal, id: RequestId) -> bool {
        self.0.contains_key(&(signal, id))
    }

    /// Rows of a signal.
    pub(super) fn rows(&self, signal: Signal) -> u64 {
        self.0.iter().filter(|((of, _), _)| *of == signal).map(|(_, rows)| rows.rows).sum()
    }

    /// What is wrong: acknowledged requests must be there once, others once or not at all.
    pub(super) fn compare(&self, entries: &BTreeMap<RequestId, Entry>) -> Vec<String> {
        let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (id, entry) in entries {
            let rows = self.0.get(&(entry.signal, *id)).map_or((0, 0), |rows| (rows.rows, rows.items));
            let verdict = match rows {
                (rows, items) if (rows, items) == (entry.items, entry.items) => continue,
                (0, _) if entry.acknowledged == 0 => continue,
                (0, _) => "lost",
                (rows, items) if rows > items => "stored more than once",
                _ => "stored in part",
            };
            let text = format!("{:x} ({} rows, {} distinct; {entry:?})", id.0, rows.0, rows.1);
            found.entry(verdict).or_default().push(text);
        }
        for (signal, id) in self.0.keys() {
            if entries.get(id).is_none_or(|entry| entry.signal != *signal) {
                found.entry("never sent").or_default().push(format!("{:x} in {}", id.0, signal.name()));
            }
        }
        let line = |(verdict, requests): (&str, Vec<String>)| {
            let named: Vec<&str> = requests.iter().take(NAMED).map(String::as_str).collect();
            format!("{} requests are {verdict}: {}", requests.len(), named.join("; "))
        };
        found.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(acknowledged: u32, rows: u64, items: u64) -> Vec<String> {
        let entry =
            Entry { signal: Signal::Logs, sender: 0, items: 12, refused: 0, sent: 1, acknowledged, by_agents: 0 };
        let found = Rows { request: 7, rows, items };
        let found = (rows > 0).then_some(((Signal::Logs, RequestId(7)), found));
        Presence(found.into_iter().collect()).compare(&BTreeMap::from([(RequestId(7), entry)]))
    }

    #[test]
    fn what_is_lost_doubled_or_in_pieces_is_told() {
        assert!(verdict(1, 12, 12).is_empty());
        assert!(verdict(0, 12, 12).is_empty());
        assert!(verdict(0, 0, 0).is_empty());
        for (acknowledged, rows, items, word) in
            [(1, 0, 0, "lost"), (1, 24, 12, "more than once"), (0, 24, 12, "more than once"), (0, 5, 5, "in part")]
        {
            let verdict = verdict(acknowledged, rows, items).join("");
            assert!(verdict.contains(word), "{verdict}");
        }
        let found = Rows { request: 7, rows: 1, items: 1 };
        let stray = Presence(BTreeMap::from([((Signal::Logs, RequestId(7)), found)])).compare(&BTreeMap::new());
        assert!(stray[0].contains("never sent"), "{stray:?}");
    }
}
