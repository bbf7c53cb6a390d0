//! What is fresh does not wait behind a backlog, and the backlog shrinks all the same.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ordertrace_otlp::Signal;

use super::model::Model;
use crate::spool::record::Record;
use crate::spool::store::{Look, Store};
use crate::spool::writer::{Group, Writer};
use crate::spool::{Batch, Settlement, SpoolSettings, WhenFull};

const RECORD_BYTES: usize = 100;
const BATCH_BYTES: u64 = 4 * RECORD_BYTES as u64;

struct Spooled {
    store: Arc<Store<Model>>,
    writer: Writer<Model>,
}

impl Spooled {
    fn new() -> Self {
        let settings = SpoolSettings {
            dir: "model".into(),
            limit_bytes: 1 << 20,
            segment_bytes: 20 * RECORD_BYTES as u64,
            max_age: Duration::from_secs(1_000_000),
            when_full: WhenFull::Refuse,
        };
        let store = Arc::new(Store::open(Model::new(0), settings).unwrap());
        Self { writer: Writer::new(Arc::clone(&store)), store }
    }

    fn append(&mut self, signal: Signal, name: &str) {
        let mut group = Group::default();
        let payload = Bytes::from(format!("{name:>RECORD_BYTES$}"));
        let record = Record { sequence: 0, signal, sender: "shop".into(), items: 1, accepted_at_ns: 1, payload };
        self.writer.admit(&mut group, record).unwrap();
        self.writer.commit(&group).unwrap();
    }

    fn next(&self) -> Option<Batch> {
        match self.store.look(BATCH_BYTES).unwrap() {
            Look::Batch(batch) => Some(batch),
            Look::Nothing => None,
            Look::Hole => panic!("nothing is damaged"),
        }
    }

    fn settle(&self, batch: &Batch) {
        self.store.settle(batch, Settlement::Taken { rejected_items: 0 }).unwrap();
    }
}

fn names(batch: &Batch) -> Vec<String> {
    let name = |record: &Record| std::str::from_utf8(&record.payload).unwrap().trim().to_owned();
    batch.records.iter().map(name).collect()
}

#[test]
fn fresh_records_pass_a_backlog_that_shrinks_all_the_same() {
    let mut spooled = Spooled::new();
    for n in 0..200 {
        spooled.append(Signal::Traces, &format!("old {n}"));
    }
    let mut left = 200;
    let mut turns = 0;
    let mut fresh = 0;
    let mut waits = Vec::new();
    let mut waiting: Vec<(String, usize)> = Vec::new();
    while left > 0 {
        // As much comes as two of three batches hold: less than is delivered.
        if turns % 3 < 2 {
            for _ in 0..4 {
                let name = format!("fresh {fresh}");
                spooled.append(Signal::Traces, &name);
                waiting.push((name, turns));
                fresh += 1;
            }
        }
        let batch = spooled.next().unwrap();
        spooled.settle(&batch);
        turns += 1;
        for name in names(&batch) {
            match waiting.iter().position(|(waiting, _)| *waiting == name) {
                Some(at) => waits.push(turns - waiting.swap_remove(at).1),
                None => left -= 1,
            }
        }
        assert!(turns < 400, "{left} of the backlog are left");
    }
    // The backlog takes one batch of four at least, and what is fresh comes soon. Some of it
    // ends up in a segment that is not the newest any more, and is backlog then.
    waits.sort_unstable();
    assert!(waits[waits.len() * 9 / 10] <= 12, "{waits:?}");
    assert!(turns <= 200, "{turns}");
}

#[test]
fn a_batch_that_is_not_full_waits_while_another_of_its_signal_is_out() {
    let mut spooled = Spooled::new();
    spooled.append(Signal::Traces, "0");
    let first = spooled.next().unwrap();
    spooled.append(Signal::Traces, "1");
    spooled.append(Signal::Logs, "log");
    assert_eq!(names(&spooled.next().unwrap()), ["log"], "another signal does not wait");
    assert!(spooled.next().is_none());
    for n in 2..5 {
        spooled.append(Signal::Traces, &n.to_string());
    }
    assert_eq!(names(&spooled.next().unwrap()), ["1", "2", "3", "4"], "nor does a full batch");
    spooled.append(Signal::Traces, "5");
    assert!(spooled.next().is_none());
    spooled.settle(&first);
    assert!(spooled.next().is_none(), "the second is out");
}

#[test]
fn signals_are_batched_apart_though_they_come_in_turn() {
    let mut spooled = Spooled::new();
    for n in 0..4 {
        for signal in Signal::ALL {
            spooled.append(signal, &n.to_string());
        }
    }
    for _ in Signal::ALL {
        let batch = spooled.next().unwrap();
        assert_eq!(names(&batch), ["0", "1", "2", "3"], "{:?}", batch.signal);
    }
    assert!(spooled.next().is_none());
}
