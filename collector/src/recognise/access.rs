use ordertrace_api::journey::Observer;

use crate::record::Access;

use super::fields::Fields;

/// Schemes that are told apart, as the agent names them; whatever else a sender writes is
/// [`OTHER`], for it might be a credential.
const SCHEMES: [&str; 10] =
    ["api-key", "basic", "bearer", "cookie", "digest", "hmac", "mtls", "negotiate", "none", "oauth"];
const OTHER: &str = "other";

/// No encryption.
const PLAIN: &str = "none";
/// Encrypted, nobody says by which version.
const SOME_TLS: &str = "tls";
/// What versions are called here, and in the conventions (`tls.protocol.version`).
const VERSIONS: [(&str, &str); 5] =
    [("TLSv1.3", "1.3"), ("TLSv1.2", "1.2"), ("TLSv1.1", "1.1"), ("TLSv1", "1"), ("SSLv3", "3")];

/// The longest scheme or protocol: `aws.eventbridge`, and some.
const SCHEME_BYTES: usize = 24;

/// How the receiver of a handoff was reached, as far as its attributes say. A receiver's own report has
/// no host: by which name it was called is up to the caller, and need not be its name.
pub(super) fn access<'a>(fields: &Fields<'a>, observer: Observer) -> Access<'a> {
    let tls = tls(fields);
    let scheme = match (scheme(fields.scheme), tls) {
        ("", PLAIN) if fields.http => "http",
        ("", tls) if fields.http && !tls.is_empty() => "https",
        ("", _) => scheme(fields.protocol),
        (stated, _) => stated,
    };
    let (host, port) = match observer {
        Observer::Client | Observer::Producer | Observer::Proxy => (fields.url.host, fields.url.port),
        Observer::Server | Observer::Consumer => ("", None),
    };
    Access { auth: auth(fields.auth_scheme), tls, scheme, host, port }
}

/// What may stand before `://` (RFC 3986, 3.1); what stands there in a text that is no URL may be anything.
fn scheme(stated: &str) -> &str {
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
    if stated.len() <= SCHEME_BYTES && stated.bytes().all(of_scheme) { stated } else { "" }
}

fn auth(stated: &str) -> &'static str {
    if stated.is_empty() {
        return "";
    }
    SCHEMES.iter().find(|known| stated.eq_ignore_ascii_case(known)).copied().unwrap_or(OTHER)
}

fn tls(fields: &Fields<'_>) -> &'static str {
    let stated = if fields.tls.is_empty() { fields.tls_version } else { fields.tls };
    match stated {
        "" => match fields.scheme {
            "https" | "wss" => SOME_TLS,
            "http" | "ws" => PLAIN,
            _ => "",
        },
        stated if stated.eq_ignore_ascii_case(PLAIN) => PLAIN,
        stated => {
            let version = VERSIONS.iter().find(|(name, number)| stated == *name || stated == *number);
            version.map_or(SOME_TLS, |(name, _)| name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{FieldReader, Role};
    use super::*;

    fn of(pairs: &[(&str, &'static str)]) -> Access<'static> {
        let mut reader = FieldReader::default();
        pairs.iter().for_each(|(name, value)| reader.take(Role::of(name), value));
        access(&reader.finish(), Observer::Client)
    }

    #[test]
    fn what_a_proxy_writes() {
        let made = of(&[
            ("http.request.method", "POST"),
            ("server.address", "api.payments"),
            ("server.port", "8443"),
            ("commerce.auth.scheme", "bearer"),
            ("commerce.tls", "TLSv1.3"),
        ]);
        let expected =
            Access { auth: "bearer", tls: "TLSv1.3", scheme: "https", host: "api.payments", port: Some(8443) };
        assert_eq!(made, expected);
    }

    #[test]
    fn what_sdks_write() {
        for (pairs, expected) in [
            (&[("url.full", "https://u:p@tax:1/x?token=s")][..], ("tls", "https", "tax", Some(1))),
            (&[("url.full", "http://tax/x")], ("none", "http", "tax", None)),
            (
                &[("url.scheme", "https"), ("server.address", "oms"), ("tls.protocol.version", "1.2")],
                ("TLSv1.2", "https", "oms", None),
            ),
            (&[("http.scheme", "http"), ("http.method", "GET")], ("none", "http", "", None)),
            (&[("messaging.system", "kafka"), ("server.address", "b")], ("", "kafka", "b", None)),
            (&[("rpc.system", "grpc"), ("server.address", "crm")], ("", "grpc", "crm", None)),
            (&[("url.path", "/x")], ("", "", "", None)),
            (&[("url.full", "/login?card=4111&next=https://h/")], ("", "", "h", None)),
        ] {
            let made = of(pairs);
            assert_eq!((made.tls, made.scheme, made.host, made.port), expected, "{pairs:?}");
            assert_eq!(made.auth, "", "nobody says: {pairs:?}");
        }
    }

    #[test]
    fn no_credential_passes_as_a_scheme() {
        assert_eq!(of(&[("commerce.auth.scheme", "Bearer")]).auth, "bearer");
        assert_eq!(of(&[("commerce.auth.scheme", "sk_live_51H")]).auth, OTHER);
        assert_eq!(of(&[("commerce.tls", "sk_live_51H")]).tls, SOME_TLS);
    }
}
