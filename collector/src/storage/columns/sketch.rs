mod read;

use std::collections::BTreeMap;

use crate::native::put_length;

/// A DDSketch as ClickHouse's `quantilesDD(0.01, …)` keeps it, so that it can be merged with
/// others there.
///
/// Sources: C. Masson and others, "DDSketch: a fast and fully-mergeable quantile sketch with
/// relative-error guarantees" (VLDB 2019); DataDog's encoding of sketches; ClickHouse,
/// src/AggregateFunctions/DDSketch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sketch {
    bins: BTreeMap<i32, u64>,
    zeros: u64,
}

/// Relative accuracy.
const ACCURACY: f64 = 0.01;
const GAMMA: f64 = (1.0 + ACCURACY) / (1.0 - ACCURACY);

/// What the parts of an encoded sketch begin with.
const MAPPING: u8 = 0b10;
const POSITIVE: u8 = 0b01;
const NEGATIVE: u8 = 0b11;
const ZEROS: u8 = 1 << 2;
/// Of a store: its bins as differences of their keys, and counts.
const DELTAS_AND_COUNTS: u8 = 1 << 2;

impl Sketch {
    /// Adds a value.
    pub(crate) fn add(&mut self, value: u64) {
        if value == 0 {
            self.zeros += 1;
        } else {
            let key = ((value as f64).ln() * (1.0 / GAMMA.ln())) as i32;
            *self.bins.entry(key).or_default() += 1;
        }
    }

    /// Its state as ClickHouse writes it.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let number = |bytes: &mut Vec<u8>, number: f64| bytes.extend_from_slice(&number.to_le_bytes());
        bytes.push(MAPPING);
        number(bytes, GAMMA);
        number(bytes, 0.0);
        bytes.extend([POSITIVE, DELTAS_AND_COUNTS]);
        put_length(bytes, self.bins.len());
        let mut previous = 0;
        for (key, count) in &self.bins {
            put_signed(bytes, key - previous);
            number(bytes, *count as f64);
            previous = *key;
        }
        bytes.extend([NEGATIVE, DELTAS_AND_COUNTS]);
        put_length(bytes, 0);
        bytes.push(ZEROS);
        number(bytes, self.zeros as f64);
    }
}

/// ZigZag and LEB128, as ClickHouse writes signed numbers (`VarInt`).
fn put_signed(bytes: &mut Vec<u8>, number: i32) {
    let number = i64::from(number);
    put_length(bytes, ((number << 1) ^ (number >> 63)) as usize);
}
