//! How far the reader is.

/// The reader's place. On disk as one line of text with a checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Records with a lower number are settled.
    pub(super) next: u64,
    /// The batch that is out: the numbers from `next` up to, not including, this one.
    pub(super) frozen_until: Option<u64>,
}

impl Position {
    pub(super) fn to_text(self) -> String {
        let frozen = self.frozen_until.unwrap_or(self.next);
        let body = format!("1 {} {frozen}", self.next);
        format!("{body} {:08x}\n", crc32fast::hash(body.as_bytes()))
    }

    /// `None` when the text is not what [`to_text`](Self::to_text) wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (body, checksum) = text.strip_suffix('\n')?.rsplit_once(' ')?;
        if u32::from_str_radix(checksum, 16).ok()? != crc32fast::hash(body.as_bytes()) {
            return None;
        }
        let mut numbers = body.strip_prefix("1 ")?.split(' ');
        let next: u64 = numbers.next()?.parse().ok()?;
        let frozen: u64 = numbers.next()?.parse().ok()?;
        Some(Self { next, frozen_until: Some(frozen).filter(|frozen| *frozen > next) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn text_form_round_trips_and_a_flipped_byte_is_noticed(next: u64, more: u16, at in 0..30_usize, bit in 0..7) {
            let position = Position {
                next,
                frozen_until: next.checked_add(u64::from(more)).filter(|frozen| *frozen > next),
            };
            let text = position.to_text();
            proptest::prop_assert_eq!(Position::parse(&text), Some(position));
            let mut bytes = text.into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1_u8 << bit;
            let flipped = String::from_utf8_lossy(&bytes).into_owned();
            // The checksum's own letters may change case without changing its value.
            if Position::parse(&flipped) != Some(position) {
                proptest::prop_assert_eq!(Position::parse(&flipped), None);
            }
        }
    }
}
