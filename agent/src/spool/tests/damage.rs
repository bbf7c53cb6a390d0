//! Whatever may lie in the directory when a spool is opened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ordertrace_otlp::Signal;
use proptest::prelude::*;

use super::model::Model;
use crate::spool::record::Record;
use crate::spool::store::{Look, Store};
use crate::spool::writer::{Group, Writer};
use crate::spool::{DropReason, Settlement, SpoolSettings, WhenFull};

const SLOTS: [&str; 2] = ["checkpoint-0", "checkpoint-1"];

fn settings() -> SpoolSettings {
    SpoolSettings {
        dir: "model".into(),
        limit_bytes: 1 << 20,
        segment_bytes: 1 << 16,
        max_age: Duration::from_secs(1000),
        when_full: WhenFull::Refuse,
    }
}

fn open(files: &Model) -> Arc<Store<Model>> {
    Arc::new(Store::open(files.clone(), settings()).unwrap())
}

fn append(store: &Arc<Store<Model>>, payloads: &[Vec<u8>]) {
    let mut writer = Writer::new(Arc::clone(store));
    let mut group = Group::default();
    for payload in payloads {
        let payload = Bytes::from(payload.clone());
        let record =
            Record { sequence: 0, signal: Signal::Traces, sender: "shop".into(), items: 1, accepted_at_ns: 1, payload };
        writer.admit(&mut group, record).unwrap();
    }
    writer.commit(&group).unwrap();
}

/// A spool's only segment, with these records.
fn segment_of(payloads: &[Vec<u8>]) -> (Model, String, Vec<u8>) {
    let files = Model::new(0);
    append(&open(&files), payloads);
    let (name, bytes) = files.segments().remove(0);
    (files, name, bytes)
}

fn head_bytes(payloads: &[Vec<u8>], bytes: &[u8]) -> usize {
    (bytes.len() - payloads.iter().map(Vec::len).sum::<usize>()) / payloads.len()
}

/// Everything that a spool delivers, its damaged records, and its account of the drops.
fn delivered(files: &Model) -> (Vec<Vec<u8>>, u64, BTreeMap<DropReason, u64>) {
    let store = open(files);
    let mut payloads = Vec::new();
    loop {
        match store.look(1000).unwrap() {
            Look::Batch(batch) => {
                payloads.extend(batch.records.iter().map(|record| record.payload.to_vec()));
                store.settle(&batch, Settlement::Taken { rejected_items: 0 }).unwrap();
            }
            Look::Hole => {}
            Look::Nothing => break,
        }
    }
    let ledger = store.ledger();
    assert_eq!(ledger.records(), 0);
    let dropped = ledger.account.streams().values().next().map(|counts| counts.dropped.clone()).unwrap_or_default();
    (payloads, ledger.damaged_records, dropped)
}

fn named(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("record {n}").into_bytes()).collect()
}

#[test]
fn a_write_torn_at_any_byte_loses_only_its_own_record() {
    let payloads = named(4);
    let (_, name, whole) = segment_of(&payloads);
    let last_start = whole.len() - head_bytes(&payloads, &whole) - payloads[3].len();
    for cut in last_start..whole.len() {
        for rest_is_zero in [false, true] {
            let files = Model::new(0);
            let mut torn = whole[..cut].to_vec();
            if rest_is_zero {
                torn.resize(whole.len(), 0);
            }
            files.put(&name, &torn);
            let (found, damaged, _) = delivered(&files);
            assert_eq!(found, payloads[..3], "cut at {cut}");
            assert_eq!(damaged, u64::from(torn.len() > last_start), "cut at {cut}");
        }
    }
}

#[test]
fn a_torn_checkpoint_leaves_the_one_before() {
    let (files, ..) = segment_of(&named(4));
    let store = open(&files);
    let Look::Batch(first) = store.look(8).unwrap() else { panic!() };
    store.settle(&first, Settlement::Taken { rejected_items: 0 }).unwrap();
    let Look::Batch(second) = store.look(8).unwrap() else { panic!() };
    let youngest = SLOTS.map(|slot| generation(&read(&files, slot)));
    let (slot, older) = if youngest[0] > youngest[1] { (SLOTS[0], 1) } else { (SLOTS[1], 0) };
    assert!(youngest[older] > 0, "both are written");
    let text = read(&files, slot);
    for cut in 0..text.iter().position(|byte| *byte == 0).unwrap() {
        let mut torn = text.clone();
        torn[cut..].fill(0);
        files.put(slot, &torn);
        let store = open(&files);
        let Look::Batch(again) = store.look(8).unwrap() else { panic!() };
        // Cutting only the line end loses nothing.
        assert!(again == first || again == second, "cut at {cut}");
    }
}

fn read(files: &Model, name: &str) -> Vec<u8> {
    use crate::spool::files::Files;
    files.read(name, 0, 1 << 20).unwrap()
}

fn generation(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    text.split(' ').nth(2).and_then(|field| field.parse().ok()).unwrap_or(0)
}

#[test]
fn without_a_checkpoint_everything_is_delivered_from_the_start() {
    let (files, ..) = segment_of(&named(4));
    let store = open(&files);
    let Look::Batch(first) = store.look(8).unwrap() else { panic!() };
    store.settle(&first, Settlement::Taken { rejected_items: 0 }).unwrap();
    store.save().unwrap();
    for slot in SLOTS {
        files.put(slot, b"ordertrace-spool 2 7 2 00000000\n{}\n");
    }
    let (found, damaged, dropped) = delivered(&files);
    assert_eq!((found, damaged, dropped), (named(4), 0, BTreeMap::new()));
}

#[test]
fn a_corrupt_segment_in_the_middle_loses_itself_alone_and_its_items_are_known() {
    let files = Model::new(0);
    for n in 0..3 {
        append(&open(&files), &[format!("record {n}").into_bytes()]);
    }
    // The checkpoint learns of all three.
    let store = open(&files);
    drop(store.look(1).unwrap());
    let segments = files.segments();
    assert_eq!(segments.len(), 3);
    files.put(&segments[1].0, &vec![0xd7; segments[1].1.len()]);
    let (found, damaged, dropped) = delivered(&files);
    assert_eq!(found, [b"record 2", b"record 0"].map(Vec::from), "the one that was out comes first");
    assert_eq!((damaged, dropped), (1, BTreeMap::from([(DropReason::Damaged, 1)])));
}

#[test]
fn foreign_and_empty_files_are_no_concern() {
    let (files, ..) = segment_of(&named(2));
    for name in ["5.seg", "notes.txt", "18446744073709551615.seg", "0000000000000000000x.seg", "checkpoint-2"] {
        files.put(name, b"foreign");
    }
    files.put("00000000000000000009.seg", b"");
    let (found, damaged, _) = delivered(&files);
    assert_eq!((found, damaged), (named(2), 0));
    let store = open(&files);
    append(&store, &[b"later".to_vec()]);
    assert_eq!(delivered(&files).0, [b"later".to_vec()], "an empty file's number is not used again");
    let names: Vec<String> = files.segments().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 3, "foreign files stay: {names:?}");
}

proptest! {
    /// Any damage within one record leaves every other record deliverable.
    #[test]
    fn a_damaged_record_takes_no_other_with_it(
        payloads in prop::collection::vec("[a-z]{0,60}", 1..8),
        victim: prop::sample::Index,
        junk in prop::collection::vec(any::<u8>(), 1..80),
        at: prop::sample::Index,
    ) {
        let payloads: Vec<Vec<u8>> = payloads.into_iter().map(String::into_bytes).collect();
        let (_, name, mut bytes) = segment_of(&payloads);
        let head_bytes = head_bytes(&payloads, &bytes);
        let victim = victim.index(payloads.len());
        let start: usize = payloads[..victim].iter().map(|payload| head_bytes + payload.len()).sum();
        let length = head_bytes + payloads[victim].len();
        let at = start + at.index(length);
        let end = (at + junk.len()).min(start + length);
        let before = bytes.clone();
        bytes[at..end].copy_from_slice(&junk[..end - at]);
        prop_assume!(bytes != before);
        let files = Model::new(0);
        files.put(&name, &bytes);
        let mut others = payloads;
        others.remove(victim);
        let (found, damaged, _) = delivered(&files);
        prop_assert_eq!(found, others);
        prop_assert_eq!(damaged, 1);
    }

    /// Any bytes in any of the files are survived, and bring nothing out.
    #[test]
    fn any_bytes_are_survived(
        segment in prop::collection::vec(any::<u8>(), 0..400),
        slots in prop::array::uniform2(prop::collection::vec(any::<u8>(), 0..100)),
    ) {
        let files = Model::new(0);
        files.put(&format!("{:020}.seg", 5), &segment);
        for (name, bytes) in SLOTS.iter().zip(&slots) {
            files.put(name, bytes);
        }
        prop_assert!(delivered(&files).0.is_empty());
    }
}
