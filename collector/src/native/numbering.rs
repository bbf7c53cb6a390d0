use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::parts::put_length;

/// Numbers distinct texts from 0, in the order in which they first come.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    /// The distinct texts as a `String` column.
    encoded: Vec<u8>,
    /// Where each lies in `encoded`.
    places: Vec<Range<usize>>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Which text came after each the last time: telemetry repeats itself, and to compare with
    /// a guess costs less than to hash.
    next: Vec<u32>,
    last: u32,
}

impl Numbering {
    /// The number of a text, a new one if need be.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = self.places.len() as u32;
        put_length(&mut self.encoded, text.len());
        let start = self.encoded.len();
        self.encoded.extend_from_slice(text.as_bytes());
        self.places.push(start..self.encoded.len());
        self.next.push(number);
        let Self { encoded, places, numbers, hasher, .. } = self;
        let hash = |number: &u32| hasher.hash_one(place(encoded, places, *number).unwrap_or_default());
        numbers.insert_unique(hash(&number), number, hash);
        self.came(number);
        number
    }

    /// The number of a text that has one.
    pub(crate) fn find(&mut self, text: &str) -> Option<u32> {
        let Self { encoded, places, numbers, hasher, next, last } = &*self;
        let is = |number: u32| place(encoded, places, number).is_some_and(|known| same(known, text.as_bytes()));
        let guess = next.get(*last as usize).copied();
        if let Some(number) = guess.filter(|guess| is(*guess)) {
            self.last = number;
            return Some(number);
        }
        let number = *numbers.find(hasher.hash_one(text.as_bytes()), |number| is(*number))?;
        self.came(number);
        Some(number)
    }

    fn came(&mut self, number: u32) {
        if let Some(next) = self.next.get_mut(self.last as usize) {
            *next = number;
        }
        self.last = number;
    }

    /// How many texts there are.
    pub(super) fn count(&self) -> usize {
        self.places.len()
    }

    /// The texts as a `String` column.
    pub(super) fn into_encoded(self) -> Vec<u8> {
        self.encoded
    }
}

/// Whether both are the same; most are short, and to call `memcmp` for them costs more than they do.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    let length = one.len();
    if length != other.len() {
        return false;
    }
    match (one.first_chunk::<8>(), other.first_chunk::<8>(), one.last_chunk::<8>(), other.last_chunk::<8>()) {
        // The first and the last eight bytes are all there is, or overlap.
        (Some(head), Some(head_too), Some(tail), Some(tail_too)) if length <= 16 => {
            head == head_too && tail == tail_too
        }
        (Some(_), ..) => one == other,
        _ => one.iter().zip(other).all(|(one, other)| one == other),
    }
}

fn place<'e>(encoded: &'e [u8], places: &[Range<usize>], number: u32) -> Option<&'e [u8]> {
    places.get(number as usize).and_then(|place| encoded.get(place.clone()))
}
