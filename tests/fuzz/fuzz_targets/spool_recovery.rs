//! Arbitrary files in a spool's directory: it opens, delivers only records whose checksum
//! holds, comes to an end, and balances.
#![no_main]

use std::path::Path;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ordertrace_otlp::Signal;
use ordertrace_agent::spool::{Batch, Record, Settlement, Spool, SpoolSettings, WhenFull};

const NAMES: [&str; 4] = ["checkpoint-0", "checkpoint-1", "00000000000000000000.seg", "00000000000000000003.seg"];
const BATCH_BYTES: u64 = 300;

/// The input's parts: each is a name's number, its length in two bytes, and its bytes.
fn files(mut input: &[u8]) -> Vec<(&'static str, &[u8])> {
    let mut files = Vec::new();
    while let Some(([name, low, high], rest)) = input.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        files.push((NAMES[usize::from(*name) % NAMES.len()], bytes));
        input = rest;
    }
    files
}

/// Whether one of the files holds this payload behind a head that its checksums agree with.
fn is_written(batch: &Batch, files: &[(&str, &[u8])]) -> bool {
    batch.records.iter().all(|record| {
        let checksum = crc32fast::hash(&record.payload).to_le_bytes();
        let head =
            [&checksum[..], &(record.payload.len() as u32).to_le_bytes(), &record.sequence.to_le_bytes()].concat();
        files.iter().any(|(_, bytes)| {
            let mut places = bytes.windows(head.len()).enumerate().filter(|(_, window)| *window == head);
            places.any(|(at, _)| is_record_at(bytes, at, record))
        })
    })
}

/// Whether the checksum in front of `at` is that of the head, and the payload follows.
fn is_record_at(bytes: &[u8], at: usize, record: &Record) -> bool {
    let length = 30 + record.sender.len();
    let checksum = at.checked_sub(4).and_then(|start| bytes.get(start..at)?.first_chunk::<4>());
    let head = bytes.get(at..at + length);
    checksum.zip(head).is_some_and(|(checksum, head)| crc32fast::hash(head).to_le_bytes() == *checksum)
        && bytes[at + length..].starts_with(&record.payload)
}

async fn recover(dir: &Path, files: &[(&str, &[u8])]) {
    let settings = SpoolSettings {
        dir: dir.to_owned(),
        limit_bytes: 1 << 20,
        segment_bytes: 1 << 12,
        max_age: Duration::from_secs(1 << 32),
        when_full: WhenFull::Refuse,
    };
    let (spool, writer) = Spool::open(settings.clone()).expect("no contents keep a spool from opening");
    spool.append(Signal::Logs, "fuzz", 1, 1, "later".into()).await.expect("a record can be added");
    let mut delivered = 0;
    while spool.tally().pending_records > 0 {
        // Damage found by reading leaves nothing to wait for.
        let Ok(batch) = tokio::time::timeout(Duration::from_millis(200), spool.freeze(BATCH_BYTES)).await else {
            continue;
        };
        let batch = batch.expect("the disk can be read");
        assert!(is_written(&batch, files) || &batch.records[0].payload[..] == b"later");
        delivered += batch.records.len();
        spool.settle(batch, Settlement::Taken { rejected_items: 0 }).await.expect("the disk can be written");
        assert!(delivered < 10_000, "it comes to an end");
    }
    for (stream, counts) in spool.tally().streams {
        let dropped: u64 = counts.dropped.values().fold(0, |sum, count| sum.saturating_add(*count));
        let settled = counts.sent.saturating_add(dropped);
        assert!(counts.accepted == settled || settled == u64::MAX, "{stream:?}: {counts:?}");
    }
    drop(spool);
    writer.join().expect("the writer ends");
    // And once more: nothing is left.
    let (spool, writer) = Spool::open(settings).expect("it opens again");
    assert_eq!(spool.tally().pending_records, 0);
    drop(spool);
    writer.join().expect("the writer ends");
}

fuzz_target!(|input: &[u8]| {
    let files = files(input);
    // Memory, where there is such a place: millions of small files.
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let dir = dir.expect("a directory can be made");
    for (name, bytes) in &files {
        std::fs::write(dir.path().join(name), bytes).expect("a file can be written");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime can be made");
    runtime.block_on(recover(dir.path(), &files));
});
