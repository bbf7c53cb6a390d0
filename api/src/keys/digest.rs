use sha2::{Digest, Sha256};

/// The first 32 hexadecimal digits of the SHA-256 of a value: equal values stay equal, and
/// what cannot be guessed cannot be read back. How session tokens become keys, whoever saw
/// them.
pub fn digest(value: &str) -> String {
    hex::encode(&Sha256::digest(value.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_stay_equal() {
        assert_eq!(digest("secret"), "2bb80d537b1da3e38bd30361aa855686");
        assert_ne!(digest("secret"), digest("secret "));
    }
}
