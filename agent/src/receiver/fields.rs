//! Protobuf fields, read without decoding what is in them (Protocol Buffers, "Encoding").

/// Why bytes are no protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FieldError {
    #[error("a number is cut off or longer than ten bytes")]
    Varint,
    #[error("field {number} ends behind its message")]
    CutOff { number: u64 },
    #[error("field {number} has wire type {wire_type}, which is not the one expected")]
    WireType { number: u64, wire_type: u64 },
}

/// The fields of a message, in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'m> {
    rest: &'m [u8],
}

/// A field's number and, when it has a length, its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'m> {
    pub(super) number: u64,
    bytes: Option<&'m [u8]>,
    wire_type: u64,
}

impl<'m> Fields<'m> {
    pub(super) fn of(message: &'m [u8]) -> Self {
        Self { rest: message }
    }

    fn varint(&mut self) -> Result<u64, FieldError> {
        let mut value = 0_u64;
        for (at, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[at + 1..];
                return Ok(value);
            }
        }
        Err(FieldError::Varint)
    }

    fn take(&mut self, number: u64, length: u64) -> Result<&'m [u8], FieldError> {
        let length = usize::try_from(length).map_err(|_| FieldError::CutOff { number })?;
        let (field, rest) = self.rest.split_at_checked(length).ok_or(FieldError::CutOff { number })?;
        self.rest = rest;
        Ok(field)
    }

    fn field(&mut self) -> Result<Field<'m>, FieldError> {
        let key = self.varint()?;
        let (number, wire_type) = (key >> 3, key & 7);
        let bytes = match wire_type {
            0 => {
                self.varint()?;
                None
            }
            1 => {
                self.take(number, 8)?;
                None
            }
            2 => {
                let length = self.varint()?;
                Some(self.take(number, length)?)
            }
            5 => {
                self.take(number, 4)?;
                None
            }
            _ => return Err(FieldError::WireType { number, wire_type }),
        };
        Ok(Field { number, bytes, wire_type })
    }
}

impl<'m> Iterator for Fields<'m> {
    type Item = Result<Field<'m>, FieldError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'m> Field<'m> {
    /// What a field that must have a length holds.
    pub(super) fn bytes(self) -> Result<&'m [u8], FieldError> {
        let Self { number, bytes, wire_type } = self;
        bytes.ok_or(FieldError::WireType { number, wire_type })
    }
}
