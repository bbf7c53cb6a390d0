//! The generic webhook: a JSON body, signed.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// `t=SECONDS,v1=HEX`: when it was signed, and the HMAC-SHA256 of `SECONDS.BODY` under the shared secret. The time
/// is signed too, so that nobody can send an old message as a new one.
pub(super) fn signature(secret: &str, at_s: i64, body: &[u8]) -> String {
    // A key may have any length (RFC 2104), so there is always one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(at_s.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("t={at_s},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac s3cret` says.
    #[test]
    fn anybody_can_check_it() {
        let signed = "t=1700000000,v1=1698a50bc74d1ff1db85c4e0a5297c2ad9fdba245d5737cdb789e4cc6e098940";
        assert_eq!(signature("s3cret", 1_700_000_000, br#"{"a":1}"#), signed);
    }
}
