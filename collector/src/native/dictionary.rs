use std::borrow::Cow;
use std::ops::Range;

use super::column::Column;
use super::numbering::Numbering;
use super::parts::Parts;

/// `LowCardinality(String)`: each distinct value once, and for each row the number of its value.
#[derive(Debug, Default)]
pub struct Dictionary {
    values: Numbering,
    rows: Vec<u32>,
}

/// Serialization version `SharedDictionariesWithAdditionalKeys`.
const VERSION: u64 = 1;
/// The block brings its own values (`HasAdditionalKeysBit`), and all of them
/// (`NeedUpdateDictionary`).
const OWN_VALUES: u64 = 1 << 9 | 1 << 10;

impl Dictionary {
    /// Adds a row.
    pub fn push(&mut self, value: &str) {
        let number = self.values.number(value);
        self.rows.push(number);
    }

    /// The number of a value, for [`push_number`](Self::push_number).
    pub fn number(&mut self, value: &str) -> u32 {
        self.values.number(value)
    }

    /// Adds a row of the value with that number.
    pub fn push_number(&mut self, number: u32) {
        self.rows.push(number);
    }

    /// Adds the value of the last row once more.
    pub fn push_again(&mut self) {
        self.rows.extend(self.rows.last().copied());
    }

    /// Adds rows once more.
    pub(super) fn repeat(&mut self, rows: Range<usize>) {
        self.rows.extend_from_within(rows);
    }
}

impl Column for Dictionary {
    fn type_name(&self) -> Cow<'static, str> {
        "LowCardinality(String)".into()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn write_prefix(&self, parts: &mut Parts) {
        parts.put_u64(VERSION);
    }

    fn write_data(self, parts: &mut Parts) {
        // A column without rows has no dictionary either.
        if self.rows.is_empty() {
            return;
        }
        let count = self.values.count();
        let (width, rows): (u64, Vec<u8>) = match count {
            ..=0x100 => (0, self.rows.iter().map(|number| *number as u8).collect()),
            0x101..=0x1_0000 => (1, self.rows.iter().flat_map(|number| (*number as u16).to_le_bytes()).collect()),
            _ => (2, self.rows.iter().flat_map(|number| number.to_le_bytes()).collect()),
        };
        parts.put_u64(OWN_VALUES | width);
        parts.put_u64(count as u64);
        parts.append(self.values.into_encoded());
        parts.put_u64(self.rows.len() as u64);
        parts.append(rows);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads back what [`Dictionary::write_data`] wrote.
    fn read(bytes: &[u8]) -> Vec<String> {
        let mut rest = bytes;
        let mut take = |length: usize| {
            let (head, tail) = rest.split_at(length);
            rest = tail;
            head
        };
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        let head = number(take(8));
        assert_eq!(head & !3, 0x600);
        let values: Vec<String> = (0..number(take(8)))
            .map(|_| {
                let mut length = 0;
                for shift in (0..).step_by(7) {
                    let byte = take(1)[0];
                    length |= usize::from(byte & 0x7f) << shift;
                    if byte < 0x80 {
                        break;
                    }
                }
                String::from_utf8(take(length).to_vec()).unwrap()
            })
            .collect();
        let rows = (0..number(take(8))).map(|_| values[number(take(1 << (head & 3)))].clone()).collect();
        assert!(rest.is_empty());
        rows
    }

    fn written(dictionary: Dictionary) -> Vec<u8> {
        let mut parts = Parts::default();
        dictionary.write_data(&mut parts);
        parts.finish().concat()
    }

    #[test]
    fn numbers_of_values_are_as_wide_as_they_must_be() {
        for (count, width) in [(1, 0), (256, 0), (257, 1), (65_536, 1), (65_537, 2)] {
            let texts: Vec<String> = (0..count).map(|n| n.to_string()).collect();
            let mut dictionary = Dictionary::default();
            texts.iter().for_each(|text| dictionary.push(text));
            let bytes = written(dictionary);
            assert_eq!(bytes[0], width, "{count}");
            assert_eq!(read(&bytes), texts);
        }
    }

    proptest! {
        #[test]
        fn rows_come_back(rows in prop::collection::vec("[a-c]{0,2}|\\PC{0,12}|x{120,140}", 1..100), again in 0..100_usize) {
            let mut dictionary = Dictionary::default();
            rows.iter().for_each(|row| dictionary.push(row));
            let again = again.min(rows.len())..rows.len();
            dictionary.repeat(again.clone());
            let distinct: std::collections::HashSet<_> = rows.iter().collect();
            prop_assert_eq!(dictionary.values.count(), distinct.len());
            let expected = [&rows[..], &rows[again]].concat();
            prop_assert_eq!(read(&written(dictionary)), expected);
        }
    }
}
