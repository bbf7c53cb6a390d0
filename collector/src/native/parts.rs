use bytes::Bytes;

/// Pieces shorter than this are copied together.
const SMALL_BYTES: usize = 64 * 1024;

/// Bytes in order, without copying long pieces together.
#[derive(Debug, Default)]
pub struct Parts {
    done: Vec<Bytes>,
    tail: Vec<u8>,
}

impl Parts {
    /// Adds bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
    }

    /// Adds bytes that may be many.
    pub fn append(&mut self, bytes: impl Into<Bytes> + AsRef<[u8]>) {
        if bytes.as_ref().len() < SMALL_BYTES {
            self.put(bytes.as_ref());
        } else {
            self.close();
            self.done.push(bytes.into());
        }
    }

    /// Adds a number as ClickHouse's `UInt64`.
    pub fn put_u64(&mut self, number: u64) {
        self.put(&number.to_le_bytes());
    }

    /// Adds a length as a LEB128 varint.
    pub fn put_length(&mut self, length: usize) {
        put_length(&mut self.tail, length);
    }

    /// Adds a text behind its length.
    pub fn put_text(&mut self, text: &str) {
        self.put_length(text.len());
        self.put(text.as_bytes());
    }

    /// All bytes in order.
    pub fn finish(mut self) -> Vec<Bytes> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        if !self.tail.is_empty() {
            self.done.push(std::mem::take(&mut self.tail).into());
        }
    }
}

/// LEB128, as ClickHouse writes lengths (`VarUInt`).
pub fn put_length(bytes: &mut Vec<u8>, length: usize) {
    let mut rest = length as u64;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_varints() {
        for (length, expected) in [(0, &[0_u8][..]), (127, &[127]), (128, &[0x80, 1]), (16_384, &[0x80, 0x80, 1])] {
            let mut bytes = Vec::new();
            put_length(&mut bytes, length);
            assert_eq!(bytes, expected, "{length}");
        }
    }

    #[test]
    fn pieces_stay_in_order() {
        let long = vec![7_u8; SMALL_BYTES];
        let mut parts = Parts::default();
        parts.put(&[1]);
        parts.append(vec![2]);
        parts.append(long.clone());
        parts.put_text("x");
        let parts = parts.finish();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts.concat(), [&[1, 2][..], &long, &[1, b'x']].concat());
    }
}
