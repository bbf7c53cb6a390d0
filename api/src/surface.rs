//! How systems reach each other: authentication, encryption, endpoints.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hotspot::MinuteRange;
use crate::journey::Observer;

/// Rows in one reply.
pub const SURFACE_LIMIT: usize = 2_000;

/// Query of [`SURFACE`](crate::routes::SURFACE). Calls are added up by the hour in which they started: a
/// range is widened to whole hours, and the reply says to which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceQuery {
    /// Calls that started at or after this time; a week before `until` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Calls that started before this time; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Reply of [`SURFACE`](crate::routes::SURFACE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Surface {
    /// The range that the calls are of: whole hours.
    pub range: MinuteRange,
    /// What all rows say together.
    pub summary: SurfaceSummary,
    /// Each way in which a handoff was done: those without encryption and without credentials first;
    /// at most [`SURFACE_LIMIT`].
    pub rows: Vec<HandoffAccess>,
    /// Whether rows were left out.
    pub more: bool,
}

/// Counts over all rows of a [`Surface`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SurfaceSummary {
    /// Authentication schemes in use, by name; `none` is not one.
    pub auth_schemes: Vec<String>,
    /// TLS states seen, by name.
    pub tls_states: Vec<String>,
    /// Distinct endpoints.
    pub endpoints: u64,
    /// Handoffs (sender, receiver, operation).
    pub handoffs: u64,
    /// Handoffs of which at least one call was not encrypted.
    pub plaintext: u64,
    /// Handoffs of which at least one call bore no credential.
    pub unauthenticated: u64,
    /// Handoffs of which nobody says how any call was authenticated.
    pub auth_unknown: u64,
}

/// One way in which a handoff was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandoffAccess {
    /// The system that handed on; unknown when only the receiver reported.
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked.
    pub operation: String,
    /// Who says so.
    pub observer: Observer,
    /// `bearer`, `basic`, `api-key`, `hmac`, `cookie`, `digest`, `oauth`, `negotiate`, `mtls`, `other` or
    /// `none`; `null` when the observer does not say.
    pub auth: Option<String>,
    /// `none`, a version such as `TLSv1.3`, or `tls` when it is not known which; `null` when the observer does
    /// not say.
    pub tls: Option<String>,
    /// `https://host:port`, as much as is known of it; `null` when nothing is.
    pub endpoint: Option<String>,
    /// Calls.
    pub calls: u64,
    /// When the last of them started, in whole seconds.
    pub last_seen: Timestamp,
}

impl HandoffAccess {
    /// Whether it was certainly not encrypted.
    pub fn is_plaintext(&self) -> bool {
        self.tls.as_deref() == Some("none")
    }

    /// Whether it certainly bore no credential.
    pub fn is_unauthenticated(&self) -> bool {
        self.auth.as_deref() == Some("none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_as_documented() {
        let range = MinuteRange { since: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH };
        let reply = Surface {
            range,
            summary: SurfaceSummary {
                auth_schemes: vec!["bearer".to_owned()],
                endpoints: 1,
                ..SurfaceSummary::default()
            },
            rows: vec![HandoffAccess {
                from: Some("oms".to_owned()),
                to: "erp".to_owned(),
                operation: "POST /documents".to_owned(),
                observer: Observer::Proxy,
                auth: Some("bearer".to_owned()),
                tls: Some("none".to_owned()),
                endpoint: Some("http://erp:8080".to_owned()),
                calls: 7,
                last_seen: Timestamp::UNIX_EPOCH,
            }],
            more: false,
        };
        let json = serde_json::json!({
            "range": { "since": "1970-01-01T00:00:00Z", "until": "1970-01-01T00:00:00Z" },
            "summary": {
                "auth_schemes": ["bearer"], "tls_states": [], "endpoints": 1, "handoffs": 0, "plaintext": 0,
                "unauthenticated": 0, "auth_unknown": 0
            },
            "rows": [{
                "from": "oms", "to": "erp", "operation": "POST /documents", "observer": "proxy", "auth": "bearer",
                "tls": "none", "endpoint": "http://erp:8080", "calls": 7, "last_seen": "1970-01-01T00:00:00Z"
            }],
            "more": false
        });
        assert_eq!(serde_json::to_value(&reply).ok(), Some(json.clone()));
        assert_eq!(serde_json::from_value::<Surface>(json).ok(), Some(reply));
    }
}
