//! HTTP APIs that answer JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Secret;

/// An HTTP API; only ever asked with GET.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// URL of the first page, without credentials.
    pub url: String,
    /// JSON pointer (RFC 6901) to the array of items; empty where the body is the array.
    #[serde(default)]
    pub items: String,
    /// How one comes to the next page: none, link, or page, offset, token with their settings.
    #[serde(default)]
    pub pagination: Pagination,
    /// Headers that are no secret.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers that are.
    #[serde(default)]
    pub secret_headers: BTreeMap<String, Secret>,
    /// Token of `Authorization: Bearer`.
    #[serde(default)]
    pub bearer: Option<Secret>,
    /// User and password of `Authorization: Basic`.
    #[serde(default)]
    pub basic: Option<Basic>,
    /// PEM file of certificate authorities to trust instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Time one request may take.
    #[serde(default = "request_timeout")]
    pub request_timeout: Duration,
    /// At most this many requests a minute, evenly spread.
    #[serde(default = "requests_per_minute")]
    pub requests_per_minute: u32,
    /// At most this many pages in one poll; more fail it.
    #[serde(default = "pages_limit")]
    pub pages_limit: u32,
    /// Longest body of a page, in bytes.
    #[serde(default = "page_limit_bytes")]
    pub page_limit_bytes: usize,
}

/// User and password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// How one comes to the next page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pagination {
    /// There is but one.
    #[default]
    None,
    /// By the header `Link` with `rel="next"` (RFC 8288).
    Link,
    /// By its number, up to an empty page.
    Page(Pages),
    /// By how many items came before, up to an empty page.
    Offset(OffsetPages),
    /// By a token or a URL in the body, up to a page without.
    Token(NextToken),
}

/// Numbered pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// Query parameter of the number.
    #[serde(default = "page_parameter")]
    pub parameter: String,
    /// Number of the first page.
    #[serde(default = "first_page")]
    pub first: u32,
}

/// Pages by offset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OffsetPages {
    /// Query parameter of the offset.
    #[serde(default = "offset_parameter")]
    pub parameter: String,
}

/// Pages by what the body says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NextToken {
    /// JSON pointer to the token or the URL.
    pub next: String,
    /// Query parameter of the token; without one, it is the next page's URL.
    #[serde(default)]
    pub parameter: Option<String>,
}

fn request_timeout() -> Duration {
    Duration::from_secs(10)
}

fn requests_per_minute() -> u32 {
    60
}

fn pages_limit() -> u32 {
    1000
}

fn page_limit_bytes() -> usize {
    8 << 20
}

fn page_parameter() -> String {
    "page".to_owned()
}

fn first_page() -> u32 {
    1
}

fn offset_parameter() -> String {
    "offset".to_owned()
}

impl HttpConfig {
    /// An API with everything else at its default.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            items: String::new(),
            pagination: Pagination::default(),
            headers: BTreeMap::new(),
            secret_headers: BTreeMap::new(),
            bearer: None,
            basic: None,
            ca_file: None,
            request_timeout: request_timeout(),
            requests_per_minute: requests_per_minute(),
            pages_limit: pages_limit(),
            page_limit_bytes: page_limit_bytes(),
        }
    }
}
