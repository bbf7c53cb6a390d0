//! The collector's HTTP API, typed.

mod alerts;
mod error;
#[cfg(test)]
mod tests;

use std::time::Duration;

use ordertrace_api::agent::{AGENT_STATUS, AgentStatus};
use ordertrace_api::explain::{ExplainQuery, Explanation};
use ordertrace_api::finding::{FindingsPage, FindingsQuery};
use ordertrace_api::flow::{LearnQuery, LearnedFlow};
use ordertrace_api::history::{History, HistoryQuery};
use ordertrace_api::hotspot::{HotspotOrdersQuery, Hotspots, HotspotsQuery};
use ordertrace_api::journey::{Candidates, Journey, JourneyQuery};
use ordertrace_api::keys::Key;
use ordertrace_api::lines::{SkuOrders, SkuOrdersQuery};
use ordertrace_api::order::{OrdersPage, OrdersQuery};
use ordertrace_api::problem::Problem;
use ordertrace_api::routes;
use ordertrace_api::span::SpansReply;
use ordertrace_api::status::Status;
use ordertrace_api::surface::{Surface, SurfaceQuery};
use ordertrace_api::sync::{SyncQuery, SyncReply};
use ordertrace_api::tail::{TailPage, TailQuery};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument, Span};

pub use error::ClientError;

/// No reply is read further than that: 64 MiB.
pub const REPLY_LIMIT_BYTES: usize = 64 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A journey of 100,000 spans takes its time; the TUI waits without blocking.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// What RFC 3986 calls unreserved; without the dot, because `..` means something in a path.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// Asks one collector.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

/// What a text that should name a journey led to.
#[derive(Clone, Debug, PartialEq)]
pub enum JourneyReply {
    /// The journey.
    Found(Box<Journey>),
    /// Keys of several journeys.
    Candidates(Vec<Key>),
    /// No journey has such a key.
    NotFound,
}

/// What a question for an explanation led to.
#[derive(Clone, Debug, PartialEq)]
pub enum ExplainReply {
    /// The explanation.
    Found(Box<Explanation>),
    /// Keys of several orders.
    Candidates(Vec<Key>),
    /// No order has such a key.
    NotFound,
}

impl Client {
    /// A client of the collector at `url`, such as `http://127.0.0.1:4320`. Connects to
    /// nothing yet.
    ///
    /// # Errors
    /// [`ClientError::Url`] when it is no http or https URL, [`ClientError::Setup`] when no
    /// TLS roots can be read.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let invalid = |reason: String| ClientError::Url { url: url.to_owned(), reason };
        let base = Url::parse(url).map_err(|error| invalid(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(invalid("it must start with http:// or https:// and name a host".to_owned()));
        }
        // Fails only when one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            // 300 is an answer here, not an invitation.
            .redirect(Policy::none());
        if base.scheme() == "http" {
            // Else a host without any CA certificates could not even speak plain HTTP.
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(&base) {
            // A company's proxy knows nothing of this host's own ports.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|source| ClientError::Setup { source })?;
        Ok(Self { http, base })
    }

    /// The collector's URL.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The orders list.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn orders(&self, query: &OrdersQuery) -> Result<OrdersPage, ClientError> {
        self.list(routes::ORDERS, query).await
    }

    /// What detection found.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn findings(&self, query: &FindingsQuery) -> Result<FindingsPage, ClientError> {
        self.list(routes::FINDINGS, query).await
    }

    /// Which handoffs cost most.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn hotspots(&self, query: &HotspotsQuery) -> Result<Hotspots, ClientError> {
        self.list(routes::HOTSPOTS, query).await
    }

    /// The orders that had a handoff.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn hotspot_orders(&self, query: &HotspotOrdersQuery) -> Result<OrdersPage, ClientError> {
        self.list(routes::HOTSPOT_ORDERS, query).await
    }

    /// What happened since the page before.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn tail(&self, query: &TailQuery) -> Result<TailPage, ClientError> {
        self.list(routes::TAIL, query).await
    }

    /// What a set of orders has in common, and who else is hit.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn explain(&self, query: &ExplainQuery) -> Result<ExplainReply, ClientError> {
        let url = self.url_of(routes::EXPLAIN, query);
        let (status, body) = self.get(routes::EXPLAIN, &url).await?;
        match status {
            StatusCode::NOT_FOUND if is_problem(&body) => Ok(ExplainReply::NotFound),
            StatusCode::MULTIPLE_CHOICES => {
                decode::<Candidates>(&url, &body).map(|reply| ExplainReply::Candidates(reply.candidates))
            }
            status if status.is_success() => decode(&url, &body).map(ExplainReply::Found),
            status => Err(refusal(&url, status, &body)),
        }
    }

    /// How handoffs are done.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn surface(&self, query: &SurfaceQuery) -> Result<Surface, ClientError> {
        self.list(routes::SURFACE, query).await
    }

    /// Whether copies agree.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn sync(&self, query: &SyncQuery) -> Result<SyncReply, ClientError> {
        self.list(routes::SYNC, query).await
    }

    /// What each system said of a SKU, order or feed, and when.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn history(&self, query: &HistoryQuery) -> Result<History, ClientError> {
        self.list(routes::SYNC_HISTORY, query).await
    }

    /// The orders that touched a SKU.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn sku_orders(&self, query: &SkuOrdersQuery) -> Result<SkuOrders, ClientError> {
        self.list(routes::SYNC_ORDERS, query).await
    }

    /// What the latest journeys have in common.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn learned_flow(&self, query: &LearnQuery) -> Result<LearnedFlow, ClientError> {
        self.list(routes::LEARNED_FLOW, query).await
    }

    /// The answer of a route that takes the fields of `query`, each a text, a number or nothing.
    async fn list<T: DeserializeOwned>(&self, route: &'static str, query: &impl Serialize) -> Result<T, ClientError> {
        let url = self.url_of(route, query);
        let (status, body) = self.get(route, &url).await?;
        if status.is_success() { decode(&url, &body) } else { Err(refusal(&url, status, &body)) }
    }

    /// The route with the fields of `query`.
    fn url_of(&self, route: &str, query: &impl Serialize) -> Url {
        let mut url = self.endpoint(route);
        // Nothing but texts, numbers and words: that always can be written.
        let fields = serde_json::to_value(query).unwrap_or_default();
        for (name, value) in fields.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            url.query_pairs_mut().append_pair(name, &text);
        }
        url
    }

    /// One journey, by any of its keys in [`Key`]'s text form or a part of it.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn journey(&self, key: &str, query: JourneyQuery) -> Result<JourneyReply, ClientError> {
        let mut url = self.endpoint(&routes::JOURNEY.replace("{key}", &encode(key)));
        if query.aligned {
            url.query_pairs_mut().append_pair("aligned", "true");
        }
        let (status, body) = self.get(routes::JOURNEY, &url).await?;
        match status {
            StatusCode::NOT_FOUND if is_problem(&body) => Ok(JourneyReply::NotFound),
            StatusCode::MULTIPLE_CHOICES => {
                decode::<Candidates>(&url, &body).map(|reply| JourneyReply::Candidates(reply.candidates))
            }
            status if status.is_success() => decode(&url, &body).map(JourneyReply::Found),
            status => Err(refusal(&url, status, &body)),
        }
    }

    /// The spans of a trace, or only `under` and what it caused; none when there is no such
    /// trace.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn spans(&self, trace_id: &str, under: Option<&str>) -> Result<SpansReply, ClientError> {
        let mut url = self.endpoint(&routes::TRACE_SPANS.replace("{trace_id}", &encode(trace_id)));
        if let Some(under) = under {
            url.query_pairs_mut().append_pair("under", under);
        }
        let (status, body) = self.get(routes::TRACE_SPANS, &url).await?;
        match status {
            StatusCode::NOT_FOUND if is_problem(&body) => Ok(SpansReply::default()),
            status if status.is_success() => decode(&url, &body),
            status => Err(refusal(&url, status, &body)),
        }
    }

    /// What the collector says of itself.
    ///
    /// # Errors
    /// When the collector cannot be reached, refuses, or answers something else.
    pub async fn status(&self) -> Result<Status, ClientError> {
        let url = self.endpoint(routes::STATUS);
        let (status, body) = self.get(routes::STATUS, &url).await?;
        if status.is_success() { decode(&url, &body) } else { Err(refusal(&url, status, &body)) }
    }

    /// What an agent, whose metrics address the URL is, says of itself.
    ///
    /// # Errors
    /// When it cannot be reached, refuses, or answers something else.
    pub async fn agent_status(&self) -> Result<AgentStatus, ClientError> {
        let url = self.endpoint(AGENT_STATUS);
        let (status, body) = self.get(AGENT_STATUS, &url).await?;
        if status.is_success() { decode(&url, &body) } else { Err(refusal(&url, status, &body)) }
    }

    /// `path` is percent-encoded already.
    fn endpoint(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(None);
        url
    }

    async fn get(&self, route: &'static str, url: &Url) -> Result<(StatusCode, Vec<u8>), ClientError> {
        self.request(("GET", route), url, self.http.get(url.clone())).await
    }

    /// Asks, in a CLIENT span after the semantic conventions for HTTP that the collector
    /// continues. Without `url.full`: it holds keys of orders, and looking at an order is no
    /// part of its journey.
    async fn request(
        &self,
        (method, route): (&'static str, &'static str),
        url: &Url,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), ClientError> {
        let span = tracing::info_span!(
            "request",
            otel.name = %format_args!("{method} {route}"),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = method,
            url.template = route,
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.response.status_code = Empty,
        );
        let answer = self.ask(&span, url, request).instrument(span.clone()).await;
        match &answer {
            Ok((status, _)) => span.record("http.response.status_code", status.as_u16()),
            Err(_) => span.record("otel.status_code", "error"),
        };
        answer
    }

    async fn ask(&self, span: &Span, url: &Url, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), ClientError> {
        let unreachable = |source: reqwest::Error| ClientError::Unreachable {
            url: self.url().to_owned(),
            source: source.without_url(),
        };
        let mut headers = HeaderMap::new();
        ordertrace_telemetry::continue_in(span, &mut headers);
        let mut response = request.headers(headers).send().await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > REPLY_LIMIT_BYTES {
                return Err(ClientError::TooLong { url: url.to_string(), limit_bytes: REPLY_LIMIT_BYTES });
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status(), body))
    }
}

fn encode(segment: &str) -> String {
    utf8_percent_encode(segment, UNRESERVED).to_string()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// Any web server says 404; only ours says it as a problem document.
fn is_problem(body: &[u8]) -> bool {
    serde_json::from_slice::<Problem>(body).is_ok()
}

fn decode<T: DeserializeOwned>(url: &Url, body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|source| ClientError::Reply { url: url.to_string(), source })
}

fn refusal(url: &Url, status: StatusCode, body: &[u8]) -> ClientError {
    let detail = match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => format!("{}: {}", problem.title, problem.detail),
        Err(_) => "no reason given; is this an ordertrace collector's API port (4320 unless configured)?".to_owned(),
    };
    ClientError::Refused { url: url.to_string(), status: status.as_u16(), detail }
}
