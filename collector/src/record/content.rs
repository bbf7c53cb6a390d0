use twox_hash::XxHash3_128;

/// What a request is known by, whoever sends it and however often: its body, decompressed and in Protobuf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// XXH3-128 of the body.
    pub hash: u128,
    /// The body's length.
    pub length_bytes: usize,
}

impl Content {
    /// That of a body.
    pub fn of(body: &[u8]) -> Self {
        Self { hash: XxHash3_128::oneshot(body), length_bytes: body.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bodies_are_one_content_in_every_process() {
        // printf '' | xxhsum -H2
        assert_eq!(Content::of(b"").hash, 0x99aa_06d3_0147_98d8_6001_c324_468d_497f);
        assert_ne!(Content::of(b"a").hash, Content::of(b"b").hash);
    }
}
