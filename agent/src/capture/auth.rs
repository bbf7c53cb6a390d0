//! How a request was authenticated; never with what.

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

/// Schemes of the `Authorization` header that are reported by name (IANA HTTP
/// Authentication Scheme Registry), and how.
const SCHEMES: [(&str, &str); 10] = [
    ("bearer", "bearer"),
    ("basic", "basic"),
    ("digest", "digest"),
    ("oauth", "oauth"),
    ("negotiate", "negotiate"),
    ("hawk", "hmac"),
    ("hmac", "hmac"),
    ("aws4-hmac-sha256", "hmac"),
    ("token", "bearer"),
    ("apikey", "api-key"),
];

/// Headers that carry an API key or an access token.
const API_KEYS: [&str; 7] = [
    "x-api-key",
    "api-key",
    "apikey",
    "x-shopify-access-token",
    "x-auth-token",
    "ocp-apim-subscription-key",
    "x-access-token",
];

/// `bearer`, `basic`, `api-key`, `hmac`, …, `other` or `none`.
pub(super) fn scheme(headers: &HeaderMap) -> &'static str {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default().trim();
        return match text.split_once(' ') {
            Some((scheme, _)) => {
                let scheme = scheme.to_ascii_lowercase();
                SCHEMES.iter().find(|(known, _)| *known == scheme).map_or("other", |(_, reported)| reported)
            }
            // A credential without a scheme.
            None => "api-key",
        };
    }
    if API_KEYS.iter().any(|name| headers.contains_key(*name)) {
        return "api-key";
    }
    let signed = |name: &str| name.ends_with("-signature") || name.contains("hmac") || name == "signature";
    if headers.keys().any(|name| signed(name.as_str())) {
        return "hmac";
    }
    if headers.contains_key(COOKIE) { "cookie" } else { "none" }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::headers_from;
    use super::*;

    #[test]
    fn schemes_are_named_and_credentials_are_not() {
        for (name, value, reported) in [
            ("authorization", "Bearer secret", "bearer"),
            ("authorization", "bEaReR secret", "bearer"),
            ("authorization", "Basic c2VjcmV0", "basic"),
            ("authorization", "AWS4-HMAC-SHA256 Credential=secret", "hmac"),
            ("authorization", "Secret scheme", "other"),
            ("authorization", "secret", "api-key"),
            ("x-shopify-access-token", "secret", "api-key"),
            ("stripe-signature", "t=1,v1=secret", "hmac"),
            ("x-shopify-hmac-sha256", "secret", "hmac"),
            ("cookie", "session=secret", "cookie"),
            ("accept", "*/*", "none"),
        ] {
            assert_eq!(scheme(&headers_from([(name, value)])), reported, "{name}: {value}");
        }
    }
}
