use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

fn settings(dir: &Path) -> SpoolSettings {
    SpoolSettings { dir: dir.to_owned(), limit_bytes: 1 << 20, segment_bytes: 1 << 16, when_full: WhenFull::Refuse }
}

struct Opened {
    spool: Spool,
    thread: std::thread::JoinHandle<()>,
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
        self.spool.append(Signal::Traces, 1, 7, Bytes::from(text.to_owned())).await
    }

    /// Everything that is pending, settled as it is read.
    async fn drain(&self) -> Vec<String> {
        let mut texts = Vec::new();
        while self.spool.tally().pending_records > 0 {
            // Damage found by reading settles without a batch.
            let Ok(batch) = tokio::time::timeout(Duration::from_secs(10), self.spool.freeze(100)).await else { break };
            let batch = batch.unwrap();
            texts.extend(batch.records.iter().map(|record| String::from_utf8(record.payload.to_vec()).unwrap()));
            self.spool.settle(&batch).await.unwrap();
        }
        texts
    }

    fn close(self) {
        drop(self.spool);
        self.thread.join().unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
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
    assert_eq!(opened.spool.tally().pending, [100, 0, 0]);
    assert_eq!(opened.drain().await, (0..100).map(|n| format!("record {n}")).collect::<Vec<_>>());
    opened.spool.emptied().await;
    opened.close();
    let opened = Opened::new(dir.path());
    assert_eq!(opened.spool.tally(), Tally::default());
    assert!(segments(dir.path()).is_empty());
    opened.close();
}

#[tokio::test]
async fn concurrent_appends_are_all_stored() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    let appends = (0..500).map(|n| {
        let spool = opened.spool.clone();
        tokio::spawn(async move { spool.append(Signal::Logs, 2, 0, Bytes::from(format!("{n}"))).await })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.unwrap().unwrap();
    }
    assert_eq!(opened.spool.tally().pending, [0, 1000, 0]);
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
    opened.spool.settle(&first).await.unwrap();
    let out = opened.spool.freeze(70).await.unwrap();
    assert_eq!(out.records.len(), 2);
    assert_eq!(opened.spool.freeze(1000).await.unwrap(), out, "not settled, so it is still out");
    opened.close();

    let opened = Opened::new(dir.path());
    opened.append("later").await.unwrap();
    let again = opened.spool.freeze(1_000_000).await.unwrap();
    assert_eq!(again, out);
    assert_eq!(again.request(), out.request());
    opened.spool.settle(&again).await.unwrap();
    assert_eq!(opened.spool.freeze(1_000_000).await.unwrap().records.len(), 4);
    assert_eq!(opened.spool.tally().recovered, [5, 0, 0]);
    opened.close();
}

#[tokio::test]
async fn a_batch_has_one_signal() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    for signal in [Signal::Traces, Signal::Traces, Signal::Metrics, Signal::Traces] {
        opened.spool.append(signal, 1, 0, Bytes::from_static(b"x")).await.unwrap();
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        let batch = opened.spool.freeze(1000).await.unwrap();
        seen.push((batch.signal, batch.records.len()));
        opened.spool.settle(&batch).await.unwrap();
    }
    assert_eq!(seen, [(Signal::Traces, 2), (Signal::Metrics, 1), (Signal::Traces, 1)]);
    opened.close();
}

#[tokio::test]
async fn a_refused_batch_is_narrowed_to_its_first_record() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    for n in 0..3 {
        opened.append(&n.to_string()).await.unwrap();
    }
    let batch = opened.spool.freeze(1000).await.unwrap();
    let narrow = opened.spool.narrow(batch).await.unwrap();
    assert_eq!(narrow.records.len(), 1);
    assert_eq!(opened.spool.freeze(1000).await.unwrap(), narrow);
    opened.spool.settle(&narrow).await.unwrap();
    assert_eq!(opened.drain().await, ["1", "2"]);
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
    assert_eq!(opened.spool.tally().dropped, [0; 3]);
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
    let dropped = opened.spool.tally().dropped[0];
    let left: Vec<u64> = opened.drain().await.iter().map(|text| text.parse().unwrap()).collect();
    assert!(dropped > 0);
    assert_eq!(left, (dropped..20).collect::<Vec<_>>(), "the oldest went, in order, and were counted");
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

#[tokio::test]
async fn a_damaged_position_delivers_again_from_the_start() {
    let dir = TempDir::new().unwrap();
    let opened = Opened::new(dir.path());
    opened.append("0").await.unwrap();
    opened.append("1").await.unwrap();
    let batch = opened.spool.freeze(1).await.unwrap();
    opened.spool.settle(&batch).await.unwrap();
    opened.spool.save_position().await.unwrap();
    opened.close();
    std::fs::write(dir.path().join("position"), "1 1 1 00000000\n").unwrap();
    let opened = Opened::new(dir.path());
    assert_eq!(opened.drain().await, ["0", "1"]);
    opened.close();
}

/// The files of a closed spool with `records` in one segment.
fn filled(records: &[Vec<u8>]) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    runtime().block_on(async {
        let opened = Opened::new(dir.path());
        for record in records {
            opened.spool.append(Signal::Traces, 1, 0, Bytes::from(record.clone())).await.unwrap();
        }
        opened.close();
    });
    let segment = segments(dir.path()).remove(0);
    (dir, segment)
}

fn delivered(dir: &Path) -> (Vec<Vec<u8>>, Tally) {
    runtime().block_on(async {
        let opened = Opened::new(dir);
        let tally = opened.spool.tally();
        let texts = opened.drain().await.into_iter().map(String::into_bytes).collect();
        opened.close();
        (texts, tally)
    })
}

/// A write torn at any byte of the last record loses that record and no other.
#[test]
fn a_torn_write_loses_only_its_own_record() {
    let records: Vec<Vec<u8>> = (0..4).map(|n| format!("record {n}").into_bytes()).collect();
    let (dir, segment) = filled(&records);
    let whole = std::fs::read(&segment).unwrap();
    let last_start = whole.len() - (record::HEAD_BYTES + records[3].len());
    for cut in last_start..whole.len() {
        std::fs::write(&segment, &whole[..cut]).unwrap();
        let _ = std::fs::remove_file(dir.path().join("position"));
        let (found, tally) = delivered(dir.path());
        assert_eq!(found, records[..3], "cut at {cut}");
        assert_eq!(tally.damaged_records, u64::from(cut > last_start), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any damage within one record leaves every other record deliverable.
    #[test]
    fn a_damaged_record_takes_no_other_with_it(
        records in prop::collection::vec("[a-z]{0,60}", 1..8),
        victim in any::<prop::sample::Index>(),
        junk in prop::collection::vec(any::<u8>(), 1..80),
        at in any::<prop::sample::Index>(),
    ) {
        let records: Vec<Vec<u8>> = records.into_iter().map(String::into_bytes).collect();
        let (dir, segment) = filled(&records);
        let mut bytes = std::fs::read(&segment).unwrap();
        let victim = victim.index(records.len());
        let start: usize = records[..victim].iter().map(|record| record::HEAD_BYTES + record.len()).sum();
        let length = record::HEAD_BYTES + records[victim].len();
        let at = start + at.index(length);
        let end = (at + junk.len()).min(start + length);
        let before = bytes.clone();
        bytes[at..end].copy_from_slice(&junk[..end - at]);
        prop_assume!(bytes != before);
        std::fs::write(&segment, &bytes).unwrap();
        let mut others = records;
        others.remove(victim);
        let (found, tally) = delivered(dir.path());
        prop_assert_eq!(found, others);
        prop_assert_eq!(tally.damaged_records, 1);
    }

    /// A segment of any bytes is survived.
    #[test]
    fn any_segment_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join(format!("{:020}.seg", 5)), &bytes).unwrap();
        let (found, _) = delivered(dir.path());
        prop_assert!(found.is_empty());
    }
}
