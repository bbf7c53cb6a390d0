//! Protocol Buffers read in place (protobuf.dev, "Encoding"): fields are told apart by number
//! and wire type, texts and messages are parts of the body, and nothing is copied.

/// Groups, which OTLP does not have, may nest so deep in fields that are skipped.
const GROUP_DEPTH: usize = 32;

/// A body that is not what it should be, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {at}: {problem}")]
pub struct WireError {
    /// The message in which it was found.
    pub message: &'static str,
    /// Bytes of the body before it.
    pub at: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It ends within a field.
    #[error("it ends within a field")]
    Truncated,
    /// A number takes more than 64 bits.
    #[error("a number has more than 64 bits")]
    Varint,
    /// A field number or a wire type that there is none of.
    #[error("no such field can be")]
    Tag,
    /// A known field is written as another type.
    #[error("field {0} is of another type")]
    Type(u32),
    /// A text is no UTF-8.
    #[error("field {0} is no UTF-8")]
    Utf8(u32),
    /// Values within values, too deep.
    #[error("it is nested too deeply")]
    Depth,
    /// It takes many times its own length.
    #[error("it holds more empty messages than any sender has use for")]
    Unfolds,
}

/// A message, as far as it has not been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    name: &'static str,
    bytes: &'a [u8],
    /// What has been read of `bytes`.
    at: usize,
    /// Bytes of the body before `bytes`.
    before: usize,
}

/// A field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    value: Value<'a>,
    message: &'static str,
    /// Bytes of the body before its value.
    at: usize,
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
    Group,
}

impl<'a> Message<'a> {
    /// The outermost message.
    pub(super) fn body(name: &'static str, bytes: &'a [u8]) -> Self {
        Self { name, bytes, at: 0, before: 0 }
    }

    /// The next field.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = match u32::try_from(tag >> 3) {
            Ok(number @ 1..=0x1fff_ffff) => number,
            _ => return Err(self.wrong(Problem::Tag)),
        };
        let mut at = self.before + self.at;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                at = self.before + self.at;
                Value::Bytes(self.take(length)?)
            }
            3 => {
                self.skip_group()?;
                Value::Group
            }
            5 => {
                self.array::<4>()?;
                Value::Fixed32
            }
            _ => return Err(self.wrong(Problem::Tag)),
        };
        Ok(Some(Field { number, value, message: self.name, at }))
    }

    /// The texts of a message that is a short text in field 1 and in field 2 a message with a short text in
    /// field 1 and nothing else: what nearly every attribute is, read at a glance.
    pub(super) fn two_texts(&self) -> Option<(&'a str, &'a str)> {
        let (key, rest) = short_field(self.bytes, 0x0a)?;
        let (value, behind) = short_field(rest, 0x12)?;
        let (text, within) = short_field(value, 0x0a)?;
        if behind.is_empty() && within.is_empty() {
            Some((std::str::from_utf8(key).ok()?, std::str::from_utf8(text).ok()?))
        } else {
            None
        }
    }

    /// How many of its bytes have been read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// What is wrong with the message, at the place up to which it has been read.
    #[cold]
    pub(super) fn wrong(&self, problem: Problem) -> WireError {
        WireError { message: self.name, at: self.before + self.at, problem }
    }

    /// Most tags, lengths and numbers are a single byte.
    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    #[inline(never)]
    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let Some(byte) = self.bytes.get(self.at) else { return Err(self.wrong(Problem::Truncated)) };
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                // The tenth byte has room for one bit.
                return if shift == 63 && *byte > 1 { Err(self.wrong(Problem::Varint)) } else { Ok(number) };
            }
        }
        Err(self.wrong(Problem::Varint))
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let bytes = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.wrong(Problem::Truncated))?;
        self.at += length;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| self.wrong(Problem::Truncated))
    }

    /// Reads to the end of a group whose start has been read.
    fn skip_group(&mut self) -> Result<(), WireError> {
        let mut depth = 1;
        while depth > 0 {
            match self.varint()? & 7 {
                0 => drop(self.varint()?),
                1 => drop(self.array::<8>()?),
                2 => {
                    let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                    self.take(length)?;
                }
                3 if depth == GROUP_DEPTH => return Err(self.wrong(Problem::Depth)),
                3 => depth += 1,
                4 => depth -= 1,
                5 => drop(self.array::<4>()?),
                _ => return Err(self.wrong(Problem::Tag)),
            }
        }
        Ok(())
    }
}

/// What a field of less than 128 bytes holds, and what is behind it, if it comes first and has this tag.
fn short_field(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    match bytes {
        [first, length @ 0..0x80, rest @ ..] if *first == tag => rest.split_at_checked(usize::from(*length)),
        _ => None,
    }
}

impl<'a> Field<'a> {
    /// A number of any varint type; of 32-bit types the lower half counts.
    pub(super) fn varint(&self) -> Result<u64, WireError> {
        match self.value {
            Value::Varint(number) => Ok(number),
            _ => Err(self.wrong(Problem::Type(self.number))),
        }
    }

    /// `int32`, or the number of an enum.
    pub(super) fn int32(&self) -> Result<i32, WireError> {
        self.varint().map(|number| number as i32)
    }

    /// `uint32`.
    pub(super) fn uint32(&self) -> Result<u32, WireError> {
        self.varint().map(|number| number as u32)
    }

    /// `fixed64`, or the bits of `sfixed64` or `double`.
    pub(super) fn fixed64(&self) -> Result<u64, WireError> {
        match self.value {
            Value::Fixed64(number) => Ok(number),
            _ => Err(self.wrong(Problem::Type(self.number))),
        }
    }

    /// `bytes`.
    pub(super) fn bytes(&self) -> Result<&'a [u8], WireError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.wrong(Problem::Type(self.number))),
        }
    }

    /// `string`.
    pub(super) fn text(&self) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| self.wrong(Problem::Utf8(self.number)))
    }

    /// A message within the message.
    pub(super) fn message(&self, name: &'static str) -> Result<Message<'a>, WireError> {
        Ok(Message { name, bytes: self.bytes()?, at: 0, before: self.at })
    }

    #[cold]
    fn wrong(&self, problem: Problem) -> WireError {
        WireError { message: self.message, at: self.at, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u32>, WireError> {
        let mut message = Message::body("request", bytes);
        let mut numbers = Vec::new();
        while let Some(field) = message.next()? {
            numbers.push(field.number);
        }
        Ok(numbers)
    }

    #[test]
    fn fields_of_every_wire_type_are_told_apart() {
        let group = [0x1b, 0x08, 1, 0x13, 0x12, 1, b'x', 0x14, 0x1c];
        let bytes = [&[0x08, 0x96, 0x01][..], &[0x11, 1, 2, 3, 4, 5, 6, 7, 8], &group, &[0x25, 1, 2, 3, 4]].concat();
        assert_eq!(read(&bytes), Ok(vec![1, 2, 3, 4]));
        assert_eq!(read(&[]), Ok(vec![]));
    }

    #[test]
    fn two_short_texts_are_read_at_a_glance_and_nothing_else_is() {
        let two_texts = |bytes: &[u8]| {
            Message::body("pair", bytes).two_texts().map(|(key, text)| (key.to_owned(), text.to_owned()))
        };
        let pair = [0x0a, 1, b'k', 0x12, 4, 0x0a, 2, b'v', b'w'];
        assert_eq!(two_texts(&pair), Some(("k".to_owned(), "vw".to_owned())));
        for cut in 0..pair.len() {
            assert_eq!(two_texts(&pair[..cut]), None, "{cut}");
        }
        for (place, byte) in [(0, 0x12), (3, 0x1a), (5, 0x12), (6, 1), (7, 0xff), (2, 0xff), (4, 0x80)] {
            let mut other = pair;
            other[place] = byte;
            assert_eq!(two_texts(&other), None, "{other:?}");
        }
        assert_eq!(two_texts(&[&pair[..], &[0x0a, 0]].concat()), None, "a later key would replace it");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (bytes, at, problem) in [
            (&[0x0a, 5, b'x'][..], 2, Problem::Truncated),
            (&[0x08], 1, Problem::Truncated),
            (&[0x09, 1, 2], 1, Problem::Truncated),
            (&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], 11, Problem::Varint),
            (&[0x00], 1, Problem::Tag),
            (&[0x0e], 1, Problem::Tag),
            (&[0x0c], 1, Problem::Tag),
            (&[0x0b; 40], 33, Problem::Depth),
        ] {
            assert_eq!(read(bytes), Err(WireError { message: "request", at, problem }), "{bytes:?}");
        }
        let bytes = [0x0a, 2, b'a', 0xff];
        let field = Message::body("span", &bytes).next().unwrap().unwrap();
        assert_eq!(field.text().unwrap_err().to_string(), "span at byte 2: field 1 is no UTF-8");
        assert_eq!(field.varint().unwrap_err().problem, Problem::Type(1));
    }
}
