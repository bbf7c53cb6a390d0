//! Where one OTLP request ends and the next begins, in requests that were joined to be sent as one.

/// Stands between them. OTLP requests are one repeated field, so that their encodings joined end to end are the
/// encoding of one; this is a field of length 0 that OTLP does not have, the highest number there can be, which every
/// receiver skips (Protocol Buffers, "Unknown Fields"). To the collector each part is a request of its own, known by
/// its content whatever it was joined with.
pub const SEAM: [u8; 6] = [0xfa, 0xff, 0xff, 0xff, 0x0f, 0x00];

/// Its field number.
pub const SEAM_FIELD: u32 = 0x1fff_ffff;
