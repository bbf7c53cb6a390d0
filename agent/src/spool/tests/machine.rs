//! The spool against a model of what it promises, through crashes and failures of the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ordertrace_otlp::Signal;
use proptest::prelude::*;
use proptest::sample::Index;

use super::model::{Fault, Model};
use crate::spool::record::Record;
use crate::spool::store::{Look, Store};
use crate::spool::writer::{Group, Writer};
use crate::spool::{Batch, DropReason, Settlement, SpoolSettings, Stream, WhenFull};

const SENDERS: [&str; 3] = ["shop", "oms", "erp"];
const SECOND_NS: u64 = 1_000_000_000;
const MAX_AGE: Duration = Duration::from_secs(1000);

#[derive(Clone, Debug)]
enum Op {
    /// Signals, senders and payload lengths of records that are written together.
    Append(Vec<(usize, usize, usize)>),
    Freeze {
        limit_bytes: u64,
    },
    Settle {
        which: Index,
        settlement: Settlement,
    },
    Split {
        which: Index,
    },
    Expire {
        after_s: u64,
    },
    /// An orderly stop and start: nothing that was settled may come again.
    Restart,
    /// The process ends; what it wrote stays readable.
    Kill,
    PowerLoss,
    Fault {
        after: u32,
        fault: Fault,
    },
    Mend,
    /// A bit of a segment turns.
    Flip {
        which: Index,
        at: Index,
        bit: u8,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let record = (0..3_usize, 0..3_usize, prop_oneof![0..40_usize, 0..300_usize]);
    let settlement = prop_oneof![
        6 => Just(Settlement::Taken { rejected_items: 0 }),
        1 => Just(Settlement::Taken { rejected_items: 2 }),
        1 => Just(Settlement::Refused),
    ];
    let fault = prop_oneof![3 => Just(Fault::PowerLoss), 3 => Just(Fault::Fails), 1 => Just(Fault::Full)];
    prop_oneof![
        12 => prop::collection::vec(record, 1..5).prop_map(Op::Append),
        10 => prop_oneof![1..100_u64, Just(1000)].prop_map(|limit_bytes| Op::Freeze { limit_bytes }),
        8 => (any::<Index>(), settlement).prop_map(|(which, settlement)| Op::Settle { which, settlement }),
        2 => any::<Index>().prop_map(|which| Op::Split { which }),
        1 => prop_oneof![Just(10_u64), Just(300), Just(2000)].prop_map(|after_s| Op::Expire { after_s }),
        1 => Just(Op::Restart),
        1 => Just(Op::Kill),
        2 => Just(Op::PowerLoss),
        4 => (0..6_u32, fault).prop_map(|(after, fault)| Op::Fault { after, fault }),
        2 => Just(Op::Mend),
        1 => (any::<Index>(), any::<Index>(), 0..8_u8).prop_map(|(which, at, bit)| Op::Flip { which, at, bit }),
    ]
}

/// A record as it was appended.
#[derive(Clone, Debug)]
struct Appended {
    stream: Stream,
    items: u32,
    payload: Bytes,
    /// `Ok` was returned; else it may be there or not.
    is_acknowledged: bool,
    /// Starts before it was appended.
    start: u32,
}

/// A batch as it was handed out.
#[derive(Clone, Debug)]
struct Handed {
    ids: Vec<usize>,
    start: u32,
    /// Starts before it was settled.
    settled: Option<u32>,
    /// That it is settled or split is on disk: it cannot come again.
    is_over: bool,
}

struct Machine {
    files: Model,
    settings: SpoolSettings,
    store: Arc<Store<Model>>,
    writer: Writer<Model>,
    now_ns: u64,
    starts: u32,
    appended: Vec<Appended>,
    handed: Vec<Handed>,
    out: Vec<(Batch, usize)>,
    taken: BTreeMap<usize, Settlement>,
    flips: usize,
    has_faults: bool,
}

impl Machine {
    fn new(seed: u64, when_full: WhenFull) -> Self {
        let settings =
            SpoolSettings { dir: "model".into(), limit_bytes: 3000, segment_bytes: 500, max_age: MAX_AGE, when_full };
        let files = Model::new(seed);
        let store = Arc::new(Store::open(files.clone(), settings.clone()).unwrap());
        let writer = Writer::new(Arc::clone(&store));
        Self {
            files,
            settings,
            store,
            writer,
            now_ns: 1_000_000 * SECOND_NS,
            starts: 0,
            appended: Vec::new(),
            handed: Vec::new(),
            out: Vec::new(),
            taken: BTreeMap::new(),
            flips: 0,
            has_faults: false,
        }
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Append(records) => self.append(&records),
            Op::Freeze { limit_bytes } => drop(self.freeze(limit_bytes)),
            Op::Settle { which, settlement } if !self.out.is_empty() => {
                let which = which.index(self.out.len());
                self.settle(which, settlement);
            }
            Op::Split { which } if !self.out.is_empty() => {
                let which = which.index(self.out.len());
                self.split(which);
            }
            Op::Settle { .. } | Op::Split { .. } => {}
            Op::Expire { after_s } => {
                self.now_ns += after_s * SECOND_NS;
                self.store.expire(self.now_ns);
            }
            Op::Restart => {
                self.files.disarm();
                if self.store.save().is_ok() {
                    for handed in self.handed.iter_mut().filter(|handed| handed.settled == Some(self.starts)) {
                        handed.is_over = true;
                    }
                }
                self.start();
            }
            Op::Kill => self.start(),
            Op::PowerLoss => self.lose_power(),
            Op::Fault { after, fault } => {
                self.has_faults = true;
                self.files.arm(after, fault);
            }
            Op::Mend => self.files.disarm(),
            Op::Flip { which, at, bit } => self.flip(which, at, bit),
        }
        if self.files.is_down() {
            self.lose_power();
        }
        self.check();
    }

    fn append(&mut self, records: &[(usize, usize, usize)]) {
        let mut group = Group::default();
        let mut admitted = Vec::new();
        for (signal, sender, length) in records {
            let id = self.appended.len() + admitted.len();
            let mut payload = format!("{id}:").into_bytes();
            payload.resize(payload.len() + length, b'x');
            let stream = Stream { signal: Signal::ALL[*signal], sender: SENDERS[*sender].into() };
            let items = u32::try_from(id % 5 + 1).unwrap();
            let payload = Bytes::from(payload);
            let record = Record {
                sequence: 0,
                signal: stream.signal,
                sender: Arc::clone(&stream.sender),
                items,
                accepted_at_ns: self.now_ns,
                payload: payload.clone(),
            };
            if self.writer.admit(&mut group, record).is_ok() {
                admitted.push(Appended { stream, items, payload, is_acknowledged: false, start: self.starts });
            }
        }
        let is_acknowledged = self.writer.commit(&group).is_ok();
        self.appended.extend(admitted.into_iter().map(|record| Appended { is_acknowledged, ..record }));
    }

    /// Whether there was a batch.
    fn freeze(&mut self, limit_bytes: u64) -> bool {
        match self.store.look(limit_bytes) {
            Ok(Look::Batch(batch)) => {
                self.receive(batch);
                true
            }
            Ok(Look::Hole) => true,
            Ok(Look::Nothing) | Err(_) => false,
        }
    }

    fn receive(&mut self, batch: Batch) {
        let id_of = |record: &Record| {
            let text = std::str::from_utf8(&record.payload).unwrap();
            let id: usize = text.split_once(':').unwrap().0.parse().unwrap();
            let appended = &self.appended[id];
            assert_eq!(record.payload, appended.payload, "what was appended");
            assert_eq!((record.signal, &record.sender), (appended.stream.signal, &appended.stream.sender));
            assert_eq!(record.items, appended.items);
            assert!(appended.is_acknowledged || appended.start < self.starts, "{id} was refused by this process");
            assert_eq!(record.signal, batch.signal, "one signal a batch");
            id
        };
        let ids: Vec<usize> = batch.records.iter().map(id_of).collect();
        assert!(ids.is_sorted_by(|left, right| left < right), "in the order of their numbers: {ids:?}");
        let owned: Vec<_> = self.handed.iter().filter(|handed| handed.ids.iter().any(|id| ids.contains(id))).collect();
        if !owned.is_empty() {
            let is_same = |handed: &&Handed| {
                let is_whole = handed.ids == ids;
                !handed.is_over && (is_whole || (self.flips > 0 && ids.iter().all(|id| handed.ids.contains(id))))
            };
            let same: Vec<_> = owned.iter().copied().filter(is_same).collect();
            assert!(!same.is_empty(), "{ids:?} come again in other bounds: {owned:?}");
            assert!(same.iter().any(|handed| handed.start < self.starts), "{ids:?} come twice in one process");
        }
        self.handed.push(Handed { ids, start: self.starts, settled: None, is_over: false });
        self.out.push((batch, self.handed.len() - 1));
    }

    fn settle(&mut self, which: usize, settlement: Settlement) {
        let (batch, handed) = self.out.swap_remove(which);
        // It is settled also when that cannot be written down.
        let _ = self.store.settle(&batch, settlement);
        self.handed[handed].settled = Some(self.starts);
        for id in self.handed[handed].ids.clone() {
            self.taken.insert(id, settlement);
        }
    }

    fn split(&mut self, which: usize) {
        let (batch, handed) = self.out[which].clone();
        let mut split = self.store.split(&batch);
        if split.is_err() && !self.files.is_down() {
            // Who splits tries until that is written.
            self.files.disarm();
            split = self.store.split(&batch);
        }
        if let Ok(Some(halves)) = split {
            self.out.swap_remove(which);
            self.handed[handed].is_over = true;
            let mut ids = self.handed[handed].ids.clone();
            for half in halves {
                let rest = ids.split_off(half.records.len());
                self.handed.push(Handed { ids, start: self.starts, settled: None, is_over: false });
                self.out.push((half, self.handed.len() - 1));
                ids = rest;
            }
        }
    }

    fn lose_power(&mut self) {
        self.files.lose_power();
        self.start();
    }

    fn start(&mut self) {
        self.files.disarm();
        self.starts += 1;
        self.out.clear();
        self.store = Arc::new(Store::open(self.files.clone(), self.settings.clone()).unwrap());
        self.writer = Writer::new(Arc::clone(&self.store));
    }

    fn flip(&mut self, which: Index, at: Index, bit: u8) {
        let segments = self.files.segments();
        let filled: Vec<_> = segments.iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
        if !filled.is_empty() {
            let (name, bytes) = filled[which.index(filled.len())];
            self.files.flip(name, at.index(bytes.len()), bit);
            self.flips += 1;
        }
    }

    /// What holds at any moment.
    fn check(&self) {
        let ledger = self.store.ledger();
        assert!(ledger.bytes() <= self.settings.limit_bytes, "{} bytes", ledger.bytes());
        let streams = ledger.account.streams();
        let counted: BTreeMap<Stream, u64> =
            streams.iter().map(|(stream, counts)| (stream.clone(), counts.spooled())).filter(|(_, n)| *n > 0).collect();
        let spooled: BTreeMap<_, _> = ledger.spooled().into_iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(counted, spooled, "accepted = sent + dropped + spooled");
        if !self.has_faults {
            let on_disk: u64 = self.files.segments().iter().map(|(_, bytes)| bytes.len() as u64).sum();
            assert_eq!(on_disk, ledger.bytes(), "no file is forgotten");
        }
    }

    /// Delivers all that is left and compares with what was appended.
    fn finish(mut self) {
        self.files.disarm();
        loop {
            while !self.out.is_empty() {
                self.settle(0, Settlement::Taken { rejected_items: 0 });
            }
            if !self.freeze(1000) {
                break;
            }
            self.check();
        }
        let ledger = self.store.ledger();
        assert_eq!((ledger.records(), ledger.spooled()), (0, BTreeMap::new()));
        let mut lost = BTreeMap::<Stream, u64>::new();
        let mut acknowledged = BTreeMap::<Stream, u64>::new();
        let mut delivered = BTreeMap::<Stream, u64>::new();
        let mut damaged = 0;
        for (id, record) in self.appended.iter().enumerate() {
            let items = u64::from(record.items);
            if record.is_acknowledged {
                *acknowledged.entry(record.stream.clone()).or_default() += items;
            }
            if self.taken.contains_key(&id) {
                *delivered.entry(record.stream.clone()).or_default() += items;
            } else if record.is_acknowledged {
                *lost.entry(record.stream.clone()).or_default() += items;
                damaged += 1;
            }
        }
        let mut has_dropped = false;
        let all: BTreeSet<Stream> = self.appended.iter().map(|record| record.stream.clone()).collect();
        for stream in all {
            let of = |sums: &BTreeMap<Stream, u64>| sums.get(&stream).copied().unwrap_or_default();
            let counts = ledger.account.streams().get(&stream).cloned().unwrap_or_default();
            let dropped = |reason| counts.dropped.get(&reason).copied().unwrap_or_default();
            let missing = dropped(DropReason::Full) + dropped(DropReason::Expired) + dropped(DropReason::Damaged);
            has_dropped |= missing > 0;
            assert_eq!(counts.spooled(), 0);
            let settled = counts.sent + dropped(DropReason::Rejected) + dropped(DropReason::Refused);
            assert!(settled <= of(&delivered), "{settled} are counted as settled of {}", of(&delivered));
            if self.flips == 0 {
                assert_eq!(dropped(DropReason::Damaged), 0);
                assert!(counts.accepted >= of(&acknowledged), "{} of {}", counts.accepted, of(&acknowledged));
                assert!(of(&lost) <= missing, "{} are lost, {missing} counted", of(&lost));
            }
        }
        if !has_dropped {
            assert!(damaged <= self.flips, "{damaged} records are lost by {} flips", self.flips);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn the_spool_keeps_its_promises(
        seed: u64,
        drop_oldest: bool,
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let mut machine = Machine::new(seed, if drop_oldest { WhenFull::DropOldest } else { WhenFull::Refuse });
        for op in ops {
            machine.run(op);
        }
        machine.finish();
    }
}
