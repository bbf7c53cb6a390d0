use super::{ACCURACY, DELTAS_AND_COUNTS, GAMMA, MAPPING, NEGATIVE, POSITIVE, Sketch, ZEROS};

/// Of a store: its bins from a first key on, all equally far apart, and counts. ClickHouse
/// writes merged sketches that way where few bins between are empty.
const CONTIGUOUS_COUNTS: u8 = 3 << 2;

/// A state of `quantilesDD` that is not as ClickHouse writes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sketch of durations in handoffs_per_minute has no {expected} at byte {at}: ClickHouse writes `quantilesDD` \
     in a way this version of ordertrace does not know; update ordertrace"
)]
pub(crate) struct SketchError {
    expected: &'static str,
    at: usize,
}

type Result<T> = std::result::Result<T, SketchError>;

impl Sketch {
    /// Reads a state as ClickHouse, or [`write`](Self::write), writes it.
    ///
    /// # Errors
    /// When it is anything else.
    pub(crate) fn read(state: &[u8]) -> Result<Self> {
        let mut reader = Reader { state, at: 0 };
        reader.flag(MAPPING, "mapping")?;
        reader.constant(GAMMA, "accuracy of 1 %")?;
        reader.constant(0.0, "mapping without an offset")?;
        reader.flag(POSITIVE, "store of positive values")?;
        let mut sketch = Self::default();
        reader.bins(|key, count| sketch.add_to(key, count))?;
        reader.flag(NEGATIVE, "store of negative values")?;
        let mut negative = 0;
        reader.bins(|_, count| negative |= count)?;
        reader.flag(ZEROS, "number of zeros")?;
        sketch.zeros = reader.number("number of zeros")? as u64;
        // No duration is: whatever that is, it is no sketch of durations.
        if negative == 0 && reader.at == state.len() { Ok(sketch) } else { Err(reader.error("end")) }
    }

    /// Adds all that `other` has.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.zeros = self.zeros.saturating_add(other.zeros);
        other.bins.iter().for_each(|(key, count)| self.add_to(*key, *count));
    }

    fn add_to(&mut self, key: i32, count: u64) {
        let bin = self.bins.entry(key).or_default();
        *bin = bin.saturating_add(count);
    }

    /// The value that this share of values, 0 to 1, does not exceed, within 1 %; 0 of none. The
    /// same that ClickHouse says of the sketch.
    pub(crate) fn quantile(&self, share: f64) -> u64 {
        let count = self.bins.values().fold(self.zeros, |sum, count| sum.saturating_add(*count));
        let rank = share * count.saturating_sub(1) as f64;
        let mut passed = self.zeros;
        if rank < passed as f64 {
            return 0;
        }
        for (key, count) in &self.bins {
            passed = passed.saturating_add(*count);
            if passed as f64 > rank {
                return (GAMMA.powi(*key) * (1.0 + ACCURACY)) as u64;
            }
        }
        0
    }
}

struct Reader<'s> {
    state: &'s [u8],
    at: usize,
}

impl Reader<'_> {
    fn error(&self, expected: &'static str) -> SketchError {
        SketchError { expected, at: self.at }
    }

    fn byte(&mut self, expected: &'static str) -> Result<u8> {
        let byte = *self.state.get(self.at).ok_or_else(|| self.error(expected))?;
        self.at += 1;
        Ok(byte)
    }

    fn flag(&mut self, flag: u8, expected: &'static str) -> Result<()> {
        if self.state.get(self.at) == Some(&flag) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    fn number(&mut self, expected: &'static str) -> Result<f64> {
        let bytes =
            self.state.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or_else(|| self.error(expected))?;
        self.at += bytes.len();
        Ok(f64::from_le_bytes(*bytes))
    }

    fn constant(&mut self, wanted: f64, expected: &'static str) -> Result<()> {
        let found = self.number(expected)?;
        if (found - wanted).abs() < 1e-9 { Ok(()) } else { Err(self.error(expected)) }
    }

    /// LEB128.
    fn length(&mut self, expected: &'static str) -> Result<u64> {
        let mut length = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(expected)?;
            length |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(length);
            }
        }
        Err(self.error(expected))
    }

    /// ZigZag and LEB128.
    fn signed(&mut self, expected: &'static str) -> Result<i32> {
        let length = self.length(expected)?;
        i32::try_from((length >> 1) as i64 ^ -((length & 1) as i64)).map_err(|_| self.error(expected))
    }

    fn bins(&mut self, mut bin: impl FnMut(i32, u64)) -> Result<()> {
        let encoding = self.byte("encoding of bins")?;
        let bins = self.length("number of bins")?;
        let (mut key, step) = match encoding {
            CONTIGUOUS_COUNTS => (self.signed("first bin")?, Some(self.signed("distance of bins")?)),
            DELTAS_AND_COUNTS => (0, None),
            _ => return Err(self.error("known encoding of bins")),
        };
        for at in 0..bins {
            let delta = match step {
                Some(step) => {
                    if at == 0 {
                        0
                    } else {
                        step
                    }
                }
                None => self.signed("bin")?,
            };
            key = key.checked_add(delta).ok_or_else(|| self.error("bin"))?;
            match self.number("count of a bin")? as u64 {
                0 => {}
                count => bin(key, count),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sketch(values: &[u64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.add(*value));
        sketch
    }

    fn state(sketch: &Sketch) -> Vec<u8> {
        let mut state = Vec::new();
        sketch.write(&mut state);
        state
    }

    /// The value at the rank that sketches mean.
    fn exact(values: &mut [u64], share: f64) -> u64 {
        values.sort_unstable();
        values[(share * (values.len() - 1) as f64) as usize]
    }

    #[test]
    fn what_clickhouse_writes_densely_is_read() {
        let mut dense = vec![MAPPING];
        dense.extend(GAMMA.to_le_bytes());
        dense.extend(0_f64.to_le_bytes());
        // Three bins from key -1 on, each one further: 2, 0 and 5 values.
        dense.extend([POSITIVE, 12, 3, 1, 2]);
        [2_f64, 0.0, 5.0].into_iter().for_each(|count| dense.extend(count.to_le_bytes()));
        // A store without bins begins at the largest key there is.
        dense.extend([NEGATIVE, 12, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 2, ZEROS]);
        dense.extend(4_f64.to_le_bytes());
        let read = Sketch::read(&dense).unwrap();
        assert_eq!((read.bins.into_iter().collect::<Vec<_>>(), read.zeros), (vec![(-1, 2), (1, 5)], 4));
    }

    #[test]
    fn what_is_no_state_is_refused_wherever_it_ends() {
        let state = state(&sketch(&[0, 1, 250_000, 3_000_000_000]));
        for length in 0..state.len() {
            assert!(Sketch::read(&state[..length]).is_err(), "{length} bytes");
        }
        let error = Sketch::read(&[&state[..], &[0]].concat()).unwrap_err();
        assert_eq!(error, SketchError { expected: "end", at: state.len() });
        let other_accuracy = [&[MAPPING][..], &1.5_f64.to_le_bytes(), &state[9..]].concat();
        assert_eq!(Sketch::read(&other_accuracy).unwrap_err().expected, "accuracy of 1 %");
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Sketch::default().quantile(0.99), 0);
        assert_eq!(sketch(&[0, 0, 0]).quantile(0.99), 0);
    }

    fn any_values() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(prop_oneof![1 => Just(0), 4 => 0..u64::MAX >> 8], 1..200)
    }

    proptest! {
        #[test]
        fn quantiles_lie_within_one_percent(mut values in any_values(), share in 0.0..1.0) {
            let read = Sketch::read(&state(&sketch(&values))).unwrap();
            let (found, exact) = (read.quantile(share) as f64, exact(&mut values, share) as f64);
            prop_assert!((found - exact).abs() <= exact * 0.010_001 + 1.0, "{found} for {exact}");
        }

        #[test]
        fn merged_is_what_all_values_together_are(values in any_values(), at: prop::sample::Index) {
            let (some, others) = values.split_at(at.index(values.len() + 1));
            let mut merged = sketch(some);
            merged.merge(&sketch(others));
            prop_assert_eq!(state(&merged), state(&sketch(&values)));
        }

        #[test]
        fn no_bytes_break_reading(bytes: Vec<u8>) {
            let _ = Sketch::read(&bytes);
            let state = [&state(&Sketch::default())[..18], &bytes].concat();
            let _ = Sketch::read(&state);
        }
    }
}
