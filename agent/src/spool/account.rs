//! What became of every item that was accepted, by signal and sender.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ordertrace_api::status::{OTHER_SENDERS, SENDERS_LIMIT};
use serde::{Deserialize, Serialize};

use ordertrace_otlp::Signal;

/// A sender's name is cut to this many bytes.
const NAME_BYTES: usize = 100;

/// Why accepted items will never be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// Dropped from the full spool to make room.
    Full,
    /// Waited longer than the spool keeps anything.
    Expired,
    /// The receiver refused the request for good.
    Refused,
    /// The receiver took the request but for these items.
    Rejected,
    /// Damaged on disk.
    Damaged,
}

impl DropReason {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Full, Self::Expired, Self::Refused, Self::Rejected, Self::Damaged];

    /// As a metric label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Damaged => "damaged",
        }
    }
}

/// Items of one signal from one sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream {
    /// What they are.
    pub signal: Signal,
    /// Who sent them.
    pub sender: Arc<str>,
}

/// What became of a stream's items: accepted = sent + dropped + those still in the spool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Stored in the spool.
    pub accepted: u64,
    /// Taken by the receiver.
    pub sent: u64,
    /// Given up; only reasons that occurred.
    pub dropped: BTreeMap<DropReason, u64>,
}

impl Counts {
    /// Items that are neither sent nor dropped.
    pub fn spooled(&self) -> u64 {
        self.accepted.saturating_sub(self.settled())
    }

    fn settled(&self) -> u64 {
        self.dropped.values().fold(self.sent, |sum, count| sum.saturating_add(*count))
    }
}

/// One stream's counts as they stand on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    signal: Signal,
    sender: String,
    #[serde(flatten)]
    counts: Counts,
}

/// Counts of all streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    streams: BTreeMap<Stream, Counts>,
    senders: BTreeSet<Arc<str>>,
}

impl Account {
    pub(super) fn from_entries(entries: Vec<Entry>) -> Self {
        let mut account = Self::default();
        for Entry { signal, sender, counts } in entries {
            let sender = account.sender(&sender);
            account.streams.insert(Stream { signal, sender }, counts);
        }
        account
    }

    pub(super) fn to_entries(&self) -> Vec<Entry> {
        let streams = self.streams.iter();
        let entry = |(stream, counts): (&Stream, &Counts)| Entry {
            signal: stream.signal,
            sender: stream.sender.to_string(),
            counts: counts.clone(),
        };
        streams.map(entry).collect()
    }

    /// The name that a sender is counted under.
    pub(super) fn sender(&mut self, name: &str) -> Arc<str> {
        let name = name.get(..name.floor_char_boundary(NAME_BYTES)).unwrap_or_default();
        if let Some(known) = self.senders.get(name) {
            return Arc::clone(known);
        }
        if self.senders.len() >= SENDERS_LIMIT && name != OTHER_SENDERS {
            return self.sender(OTHER_SENDERS);
        }
        let name: Arc<str> = name.into();
        self.senders.insert(Arc::clone(&name));
        name
    }

    pub(super) fn streams(&self) -> &BTreeMap<Stream, Counts> {
        &self.streams
    }

    pub(super) fn accept(&mut self, signal: Signal, sender: &Arc<str>, items: u64) {
        add(&mut self.counts(signal, sender).accepted, items);
    }

    pub(super) fn send(&mut self, signal: Signal, sender: &Arc<str>, items: u64) {
        add(&mut self.counts(signal, sender).sent, items);
    }

    pub(super) fn drop(&mut self, signal: Signal, sender: &Arc<str>, reason: DropReason, items: u64) {
        if items > 0 {
            add(self.counts(signal, sender).dropped.entry(reason).or_default(), items);
        }
    }

    /// Makes every stream's sum true, given what is in the spool. What is missing was damaged
    /// while nobody looked; what is too much was written by a group whose sender was told
    /// that it failed.
    pub(super) fn balance(&mut self, spooled: &BTreeMap<Stream, u64>) {
        for (stream, items) in spooled {
            let counts = self.counts(stream.signal, &stream.sender);
            counts.accepted = counts.accepted.max(counts.settled().saturating_add(*items));
        }
        for (stream, counts) in &mut self.streams {
            let missing = counts.spooled().saturating_sub(spooled.get(stream).copied().unwrap_or_default());
            if missing > 0 {
                add(counts.dropped.entry(DropReason::Damaged).or_default(), missing);
            }
        }
    }

    fn counts(&mut self, signal: Signal, sender: &Arc<str>) -> &mut Counts {
        self.streams.entry(Stream { signal, sender: Arc::clone(sender) }).or_default()
    }
}

fn add(sum: &mut u64, items: u64) {
    *sum = sum.saturating_add(items);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_senders_are_counted_together() {
        let mut account = Account::default();
        let names: BTreeSet<_> = (0..500).map(|n| account.sender(&format!("service-{n}"))).collect();
        assert_eq!(names.len(), SENDERS_LIMIT + 1);
        assert_eq!(&*account.sender("one more"), OTHER_SENDERS);
        assert_eq!(&*account.sender("service-7"), "service-7");
        assert_eq!(Account::default().sender(&"é".repeat(99)).len(), NAME_BYTES);
    }

    #[test]
    fn an_account_is_balanced_against_what_is_there() {
        let mut account = Account::default();
        let shop = account.sender("shop");
        account.accept(Signal::Traces, &shop, 10);
        account.send(Signal::Traces, &shop, 3);
        account.drop(Signal::Traces, &shop, DropReason::Full, 2);
        let stream = Stream { signal: Signal::Traces, sender: shop };
        account.balance(&BTreeMap::from([(stream.clone(), 4)]));
        assert_eq!(account.streams()[&stream].dropped[&DropReason::Damaged], 1);
        account.balance(&BTreeMap::from([(stream.clone(), 6)]));
        assert_eq!(account.streams()[&stream].accepted, 12);
        assert_eq!(account.streams()[&stream].spooled(), 6);
        assert_eq!(Account::from_entries(account.to_entries()), account);
    }
}
