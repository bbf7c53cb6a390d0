//! The spool as it is used: tasks, the writer's thread, a real directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use ordertrace_otlp::Signal;
use tempfile::TempDir;

use crate::spool::*;

fn settings(dir: &Path) -> SpoolSettings {
    SpoolSettings {
        dir: dir.to_owned(),
        limit_bytes: 1 << 20,
        segment_bytes: 1 << 16,
        max_age: Duration::from_secs(60),
        when_full: WhenFull::Refuse,
    }
}

const TAKEN: Settlement = Settlement::Taken { rejected_items: 0 };

struct Opened {
    spool: Spool,
    thread: JoinHandle<()>,
}

impl Opened {
    fn at(settings: SpoolSettings) -> Self {
        let (spool, thread) = Spool::open(settings).unwrap();
        Self { spool, thread }
    }

    fn new(dir: &Path) -> Self {
        Self::at(settings(dir))
    }

    async fn append(&self, text: &str) -> Result<(), AppendError> {
        self.append_at(text, 7).await
    }

    async fn append_at(&self, text: &str, accepted_at_ns: u64) -> Result<(), AppendError> {
        self.spool.append(Signal::Traces, "shop", 1, accepted_at_ns, Bytes::from(text.to_owned())).await
    }

    /// Everything that is pending, settled as it is read.
    async fn drain(&self) -> Vec<String> {
        let mut texts = Vec::new();
        while self.spool.tally().pending_records > 0 {
            let batch = tokio::time::timeout(Duration::from_secs(20), self.spool.freeze(100)).await;
            let batch = batch.expect("what is pending is handed out").unwrap();
            texts.extend(batch.records.iter().map(|record| String::from_utf8(record.payload.to_vec()).unwrap()));
            self.spool.settle(batch, TAKEN).await.unwrap();
        }
        texts
    }

    fn counts(&self, signal: Signal) -> Counts {
        let stream = Stream { signal, sender: "shop".into() };
        self.spool.tally().streams.get(&stream).cloned().unwrap_or_default()
    }

    fn close(self) {
        drop(self.spool);
        self.thread.join().unwrap();
    }
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "seg")).collect();
    segments.sort();
    segments
}

#[tokio::test]
async fn records_come_back_in_order_and_leave_nothing_behind() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    for n in 0..100 {
        opened.append(&format!("record {n}")).await.unwrap();
    }
    assert_eq!(opened.counts(Signal::Traces).spooled(), 100);
    assert_eq!(opened.drain().await, (0..100).map(|n| format!("record {n}")).collect::<Vec<_>>());
    opened.spool.emptied().await;
    opened.close();
    let opened = Opened::new(dir.path());
    let tally = opened.spool.tally();
    assert_eq!((tally.bytes, tally.pending_records, tally.damaged_records), (0, 0, 0));
    let counts = opened.counts(Signal::Traces);
    assert_eq!((counts.accepted, counts.sent, counts.spooled()), (100, 100, 0), "also after a restart");
    assert!(segments(dir.path()).is_empty());
    opened.close();
}

#[tokio::test]
async fn concurrent_appends_are_all_stored() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    let appends = (0..500).map(|n| {
        let spool = opened.spool.clone();
        tokio::spawn(async move { spool.append(Signal::Logs, "shop", 2, 0, Bytes::from(format!("{n}"))).await })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.unwrap().unwrap();
    }
    assert_eq!(opened.counts(Signal::Logs).spooled(), 1000);
    let mut drained = opened.drain().await;
    drained.sort_by_key(|text| text.parse::<u32>().unwrap());
    assert_eq!(drained, (0..500).map(|n| n.to_string()).collect::<Vec<_>>());
    opened.close();
}

#[tokio::test]
async fn what_is_not_settled_survives_and_a_frozen_batch_comes_again_unchanged() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    for n in 0..6 {
        opened.append(&format!("{n}-{}", "x".repeat(30))).await.unwrap();
    }
    let first = opened.spool.freeze(40).await.unwrap();
    opened.spool.settle(first, TAKEN).await.unwrap();
    let out = opened.spool.freeze(70).await.unwrap();
    assert_eq!(out.records.len(), 2);
    opened.close();

    let opened = Opened::new(dir.path());
    opened.append("later").await.unwrap();
    assert_eq!(opened.counts(Signal::Traces).spooled(), 6);
    let again = opened.spool.freeze(1_000_000).await.unwrap();
    assert_eq!(again, out);
    assert_eq!(again.request(), out.request());
    opened.spool.settle(again, TAKEN).await.unwrap();
    assert_eq!(opened.drain().await.len(), 4);
    opened.close();
}

#[tokio::test]
async fn a_batch_that_nobody_waits_for_any_more_goes_to_the_next_who_asks() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    for polls in 1..50 {
        opened.append(&polls.to_string()).await.unwrap();
        let mut asking = Box::pin(opened.spool.freeze(1000));
        for _ in 0..polls {
            // Dropped at whatever point it has come to.
            if let std::task::Poll::Ready(batch) = futures::poll!(&mut asking) {
                opened.spool.settle(batch.unwrap(), TAKEN).await.unwrap();
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(asking);
        opened.drain().await;
    }
    assert_eq!(opened.counts(Signal::Traces).sent, 49);
    opened.close();
}

#[tokio::test]
async fn a_refused_batch_is_halved_until_the_bad_record_is_alone() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    for n in 0..5 {
        opened.append(&n.to_string()).await.unwrap();
    }
    let whole = opened.spool.freeze(1000).await.unwrap();
    let [left, right] = opened.spool.split(&whole).await.unwrap().unwrap();
    assert_eq!((left.records.len(), right.records.len()), (2, 3));
    let [bad, good] = opened.spool.split(&left).await.unwrap().unwrap();
    assert_eq!(opened.spool.split(&bad).await.unwrap(), None);
    opened.spool.settle(bad, Settlement::Refused).await.unwrap();
    opened.spool.settle(good, TAKEN).await.unwrap();
    opened.close();

    let opened = Opened::new(dir.path());
    // A crash before the next checkpoint brings the settled halves again, in their bounds.
    let mut sizes = Vec::new();
    while opened.spool.tally().pending_records > 0 {
        let batch = opened.spool.freeze(1000).await.unwrap();
        sizes.push(batch.records.len());
        opened.spool.settle(batch, Settlement::Refused).await.unwrap();
    }
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 3]);
    assert_eq!(opened.counts(Signal::Traces).dropped[&DropReason::Refused], 5);
    opened.close();
}

#[tokio::test]
async fn a_full_spool_refuses_until_it_is_emptied() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::at(SpoolSettings { limit_bytes: 1000, segment_bytes: 1 << 20, ..settings(dir.path()) });
    let big = "x".repeat(400);
    opened.append(&big).await.unwrap();
    opened.append(&big).await.unwrap();
    assert_eq!(opened.append(&big).await, Err(AppendError::Full { limit_bytes: 1000 }));
    assert!(matches!(opened.append(&"x".repeat(2000)).await, Err(AppendError::TooLarge { .. })));
    assert_eq!(opened.drain().await.len(), 2);
    opened.append(&big).await.unwrap();
    assert!(opened.counts(Signal::Traces).dropped.is_empty());
    opened.close();
}

#[tokio::test]
async fn or_it_drops_the_oldest_and_counts_them() {
    let dir = TempDir::new().unwrap();
    let small = SpoolSettings {
        limit_bytes: 2000,
        segment_bytes: 500,
        when_full: WhenFull::DropOldest,
        ..settings(dir.path())
    };
    let opened = Opened::at(small);
    for n in 0..20 {
        opened.append(&format!("{n:0200}")).await.unwrap();
        assert!(opened.spool.tally().bytes <= 2000);
    }
    let dropped = opened.counts(Signal::Traces).dropped[&DropReason::Full];
    let mut left: Vec<u64> = opened.drain().await.iter().map(|text| text.parse().unwrap()).collect();
    left.sort_unstable();
    assert!(dropped > 0);
    assert_eq!(left, (dropped..20).collect::<Vec<_>>(), "the oldest went and were counted");
    opened.close();
}

#[tokio::test]
async fn what_waits_too_long_is_dropped_and_counted() {
    const SECOND_NS: u64 = 1_000_000_000;
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    // A segment is closed after an eighth of the maximal age.
    for at_s in [100, 105, 110, 150] {
        opened.append_at(&at_s.to_string(), at_s * SECOND_NS).await.unwrap();
    }
    assert_eq!(segments(dir.path()).len(), 3);
    opened.spool.expire(165 * SECOND_NS).await;
    opened.append_at("166", 166 * SECOND_NS).await.unwrap();
    assert_eq!(opened.counts(Signal::Traces).dropped, [].into(), "110 is not too old");
    opened.spool.expire(171 * SECOND_NS).await;
    opened.append_at("172", 172 * SECOND_NS).await.unwrap();
    let counts = opened.counts(Signal::Traces);
    assert_eq!((counts.dropped[&DropReason::Expired], counts.spooled()), (3, 3));
    opened.close();
    let opened = Opened::new(dir.path());
    assert_eq!(opened.counts(Signal::Traces), counts, "also after a restart");
    let mut left = opened.drain().await;
    left.sort();
    assert_eq!(left, ["150", "166", "172"]);
    opened.close();
}

#[tokio::test]
async fn a_second_process_is_told() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    assert!(matches!(Spool::open(settings(dir.path())), Err(SpoolError::InUse { .. })));
    opened.close();
}

#[tokio::test]
async fn a_failed_disk_is_answered_and_recovers() {
    let dir = TempDir::new().unwrap();
    let spool_dir = dir.path().join("spool");
    let opened = Opened::new(&spool_dir);
    std::fs::rename(&spool_dir, dir.path().join("gone")).unwrap();
    assert!(matches!(opened.append("lost").await, Err(AppendError::Disk { .. })));
    std::fs::rename(dir.path().join("gone"), &spool_dir).unwrap();
    opened.append("kept").await.unwrap();
    assert_eq!(opened.drain().await, ["kept"]);
    opened.close();
}
