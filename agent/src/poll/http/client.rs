//! One page by HTTP.

use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::{Response, Url};

use super::budget::Budget;
use super::retry::{Verdict, verdict};
use super::setup::{HttpSetupError, check, header_name};
use super::{HttpError, PageMark};
use crate::export::parse_retry_after;
use crate::poll::config::{HttpConfig, Secret, SecretError};
use crate::poll::error::PollError;
use crate::tls::client_config;

const USER_AGENT: &str = concat!("ordertrace-agent/", env!("CARGO_PKG_VERSION"));
/// Longest validator that is remembered.
const VALIDATOR_BYTES: usize = 1024;

/// Asks for pages.
#[derive(Debug)]
pub(super) struct Client {
    client: reqwest::Client,
    headers: HeaderMap,
    secrets: Vec<(HeaderName, Credential)>,
    budget: Budget,
    page_limit_bytes: usize,
    /// The server is not asked before.
    not_before: Option<Instant>,
}

#[derive(Debug)]
enum Credential {
    Plain(Secret),
    Bearer(Secret),
    Basic(String, Secret),
}

/// A page that came.
#[derive(Debug)]
pub(super) struct FetchedPage {
    pub(super) body: Bytes,
    pub(super) etag: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) link: Option<String>,
}

/// What came.
#[derive(Debug)]
pub(super) enum Fetched {
    Page(FetchedPage),
    /// It is as it was (304).
    Unchanged,
}

impl Client {
    pub(super) fn new(config: &HttpConfig, timeout: Duration) -> Result<Self, HttpSetupError> {
        check(config)?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(client_config(config.ca_file.as_deref(), &[b"h2", b"http/1.1"])?)
            .timeout(config.request_timeout.get().min(timeout))
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(1)
            .build()
            .map_err(HttpSetupError::Client)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &config.headers {
            let reason = "has a value that is none";
            let value = HeaderValue::from_str(value);
            let value = value.map_err(|_| HttpSetupError::Header { name: name.clone(), reason })?;
            headers.insert(header_name(name)?, value);
        }
        let mut secrets = Vec::new();
        for (name, secret) in &config.secret_headers {
            secrets.push((header_name(name)?, Credential::Plain(secret.clone())));
        }
        if let Some(secret) = &config.bearer {
            secrets.push((AUTHORIZATION, Credential::Bearer(secret.clone())));
        }
        if let Some(basic) = &config.basic {
            secrets.push((AUTHORIZATION, Credential::Basic(basic.user.clone(), basic.password.clone())));
        }
        let budget = Budget::new(config.requests_per_minute);
        let made =
            Self { client, headers, secrets, budget, page_limit_bytes: config.page_limit_bytes, not_before: None };
        made.headers()?;
        Ok(made)
    }

    /// All headers, with the secrets as they are now.
    pub(super) fn headers(&self) -> Result<HeaderMap, SecretError> {
        let mut headers = self.headers.clone();
        for (name, credential) in &self.secrets {
            let mut value = credential.header()?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// Gets a page, trying again as far as that is courteous and `deadline` allows.
    pub(super) async fn get(
        &mut self,
        page: u32,
        url: &Url,
        headers: &HeaderMap,
        mark: Option<&PageMark>,
        deadline: Instant,
    ) -> Result<Fetched, PollError> {
        let mut tries = 1;
        loop {
            let now = Instant::now();
            if let Some(pause) = self.not_before.and_then(|at| at.checked_duration_since(now)) {
                return Err(HttpError::Waiting { wait_s: pause.as_secs() + 1 }.into());
            }
            tokio::time::sleep(self.budget.spend(now)).await;
            let mut request = self.client.get(url.clone()).headers(headers.clone());
            for (name, value) in [
                (IF_NONE_MATCH, mark.and_then(|mark| mark.etag.as_deref())),
                (IF_MODIFIED_SINCE, mark.and_then(|mark| mark.modified.as_deref())),
            ] {
                request = value.into_iter().fold(request, |request, value| request.header(&name, value));
            }
            let (status, asked, error) = match request.send().await {
                Ok(response) if response.status() == StatusCode::NOT_MODIFIED && mark.is_some() => {
                    return Ok(Fetched::Unchanged);
                }
                Ok(response) if response.status() == StatusCode::OK => match self.page(page, response).await {
                    Err(HttpError::Unreachable { source, .. }) => (None, None, Some(source)),
                    read => return Ok(read.map(Fetched::Page)?),
                },
                Ok(response) => {
                    let asked = header(&response, &RETRY_AFTER);
                    let asked = asked.and_then(|text| parse_retry_after(&text, SystemTime::now()));
                    (Some(response.status().as_u16()), asked, None)
                }
                Err(error) => (None, None, Some(error)),
            };
            let now = Instant::now();
            match verdict(status, asked, tries, deadline.saturating_duration_since(now)) {
                Verdict::Again(pause) => tokio::time::sleep(pause).await,
                Verdict::Pause(pause) => {
                    self.not_before = Some(now + pause);
                    let status = status.unwrap_or_default();
                    return Err(HttpError::Limited { page, status, wait_s: pause.as_secs() }.into());
                }
                Verdict::GiveUp => {
                    return Err(match error {
                        Some(error) => HttpError::Unreachable { page, source: error.without_url() },
                        None => HttpError::Status { page, status: status.unwrap_or_default() },
                    }
                    .into());
                }
            }
            tries += 1;
        }
    }

    async fn page(&self, page: u32, mut response: Response) -> Result<FetchedPage, HttpError> {
        let limit_bytes = self.page_limit_bytes;
        let [etag, modified, link] = [ETAG, LAST_MODIFIED, LINK].map(|name| header(&response, &name));
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|source| HttpError::Unreachable { page, source: source.without_url() })?
        {
            if body.len() + chunk.len() > limit_bytes {
                return Err(HttpError::TooLong { page, limit_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        let [etag, modified] = [etag, modified].map(|text| text.filter(|text| text.len() <= VALIDATOR_BYTES));
        Ok(FetchedPage { body: body.into(), etag, modified, link })
    }
}

/// A header's text; several of one name are one list (RFC 9110, 5.3).
fn header(response: &Response, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

impl Credential {
    fn header(&self) -> Result<HeaderValue, SecretError> {
        let (secret, text) = match self {
            Self::Plain(secret) => (secret, secret.read()?.reveal().to_owned()),
            Self::Bearer(secret) => (secret, format!("Bearer {}", secret.read()?.reveal())),
            Self::Basic(user, secret) => {
                let pair = format!("{user}:{}", secret.read()?.reveal());
                (secret, format!("Basic {}", BASE64_STANDARD.encode(pair)))
            }
        };
        HeaderValue::from_str(&text).map_err(|_| SecretError::NoHeader { secret: secret.clone() })
    }
}
