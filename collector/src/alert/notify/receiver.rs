//! Those who are told, and how one is.

use std::time::Duration;

use jiff::Timestamp;
use ordertrace_api::alert::Alert;
use ordertrace_config::{Secret, SecretError};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, Url};

use super::alertmanager::{self, SilenceId};
use super::message::{Message, cut};
use super::{pagerduty, slack, webhook};
use crate::alert::rule::{RuleError, wrong};
use crate::alert::state::Kept;
use crate::settings::ReceiverSettings;
use crate::trust;

/// A request that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a refusal that are read: what is told of it is shorter.
const REFUSAL_BYTES: usize = 1_024;

/// One who is told.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) way: Way,
    http: Client,
}

/// How.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Alertmanager { url: Url, bearer: Option<Secret> },
    Webhook { url: Url, secret: Secret },
    Slack { url: Secret },
    PagerDuty { url: Url, routing_key: Secret },
}

/// Why a receiver could not be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// A secret is not there.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A secret is no URL. It is not repeated.
    #[error("the secret in {secret} is no http or https URL")]
    Url {
        /// Where it stands.
        secret: Secret,
    },
    /// It did not answer.
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    /// The request did not come through. The URL is not repeated: it may be a secret.
    #[error("cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It answered something else than that it took the message.
    #[error("it answered {status}: {said}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The beginning of its answer.
        said: String,
    },
    /// The answer cannot be understood.
    #[error("its answer cannot be understood")]
    Answer(#[source] reqwest::Error),
    /// A message cannot be written.
    #[error("the message cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl SendError {
    /// Whether the message itself is at fault, or its credentials: another may well be taken.
    pub(super) fn is_of_the_message(&self) -> bool {
        matches!(self, Self::Refused { status: 400..=499, .. } if !self.is_for_now()) || matches!(self, Self::Json(_))
    }

    /// Whether the receiver may have taken the message all the same.
    pub(super) fn is_uncertain(&self) -> bool {
        matches!(self, Self::Timeout | Self::Answer(_))
            || matches!(self, Self::Unreachable(error) if !error.is_connect())
    }

    fn is_for_now(&self) -> bool {
        matches!(self, Self::Refused { status: 408 | 425 | 429, .. })
    }
}

impl Receiver {
    /// Of the configuration, at this path of keys.
    pub(super) fn new(path: &str, settings: &ReceiverSettings) -> Result<Self, RuleError> {
        let way = way(path, settings)?;
        let builder = Client::builder()
            .user_agent(concat!("ordertrace/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            // What is signed for one is not meant for another.
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(1);
        // A company's proxy knows nothing of this host's own ports.
        let builder = if way.is_local() { builder.no_proxy() } else { builder };
        let mut roots = trust::public_roots();
        trust::add_system(&mut roots);
        if let Some(file) = &settings.ca_file {
            trust::add_file(&mut roots, file).or_else(|error| wrong(format!("{path}.ca_file"), error.to_string()))?;
        }
        let tls = trust::client_config(roots).map_err(|error| error.to_string());
        let http =
            tls.and_then(|tls| builder.tls_backend_preconfigured(tls).build().map_err(|error| error.to_string()));
        match http {
            Ok(http) => Ok(Self { name: settings.name.clone(), way, http }),
            Err(error) => wrong(path, format!("no HTTP client can be made: {error}")),
        }
    }

    /// As in the configuration.
    pub(super) fn kind(&self) -> &'static str {
        match self.way {
            Way::Alertmanager { .. } => "alertmanager",
            Way::Webhook { .. } => "webhook",
            Way::Slack { .. } => "slack",
            Way::PagerDuty { .. } => "pagerduty",
        }
    }

    /// Sends one message at `now_ms`. Alertmanager is told by [`post_alerts`](Self::post_alerts).
    pub(super) async fn send(&self, message: &Message<'_>, now_ms: i64) -> Result<(), SendError> {
        let body = message.body(&self.name);
        let (url, request) = match &self.way {
            Way::Alertmanager { .. } => return self.post_alerts(&[message.kept], now_ms).await,
            Way::Webhook { url, secret } => {
                let bytes = serde_json::to_vec(&body)?;
                let signature = webhook::signature(secret.read()?.reveal(), now_ms.div_euclid(1_000), &bytes);
                let request = self.http.post(url.clone()).header("x-ordertrace-signature", signature);
                return taken(json(request.header("idempotency-key", body.id), bytes).send().await).await.map(drop);
            }
            Way::Slack { url } => (secret_url(url)?, slack::body(message)),
            Way::PagerDuty { url, routing_key } => {
                (url.clone(), pagerduty::body(message, routing_key.read()?.reveal()))
            }
        };
        taken(json(self.http.post(url), serde_json::to_vec(&request)?).send().await).await.map(drop)
    }

    /// Tells an Alertmanager of these at `now_ms`.
    pub(super) async fn post_alerts(&self, alerts: &[&Kept], now_ms: i64) -> Result<(), SendError> {
        let body: Vec<_> = alerts.iter().map(|kept| alertmanager::postable(kept, now_ms)).collect();
        self.post(&["api", "v2", "alerts"], serde_json::to_vec(&body)?).await.map(drop)
    }

    /// Asks an Alertmanager to tell nobody of an alert for a time; the silence's id.
    pub(super) async fn silence(
        &self,
        alert: &Alert,
        range: (Timestamp, Timestamp),
        who: &str,
        comment: &str,
    ) -> Result<String, SendError> {
        let body = serde_json::to_vec(&alertmanager::silence(alert, range, who, comment))?;
        let reply = self.post(&["api", "v2", "silences"], body).await?;
        let silence: SilenceId = reply.json().await.map_err(|error| SendError::Answer(error.without_url()))?;
        Ok(silence.silence_id)
    }

    /// Posts to a path of an Alertmanager.
    async fn post(&self, path: &[&str], body: Vec<u8>) -> Result<Response, SendError> {
        let Way::Alertmanager { url, bearer } = &self.way else {
            return Err(SendError::Refused { status: 0, said: "it is no Alertmanager".to_owned() });
        };
        let mut url = url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut request = self.http.post(url);
        if let Some(secret) = bearer {
            let header = HeaderValue::from_str(&format!("Bearer {}", secret.read()?.reveal()));
            request =
                request.header(AUTHORIZATION, header.map_err(|_| SecretError::NoHeader { secret: secret.clone() })?);
        }
        taken(json(request, body).send().await).await
    }
}

impl Way {
    /// Whether it is on this host.
    fn is_local(&self) -> bool {
        match self {
            Self::Alertmanager { url, .. } | Self::Webhook { url, .. } | Self::PagerDuty { url, .. } => is_local(url),
            Self::Slack { .. } => false,
        }
    }
}

fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

fn json(request: reqwest::RequestBuilder, body: Vec<u8>) -> reqwest::RequestBuilder {
    request.header(CONTENT_TYPE, "application/json").body(body)
}

/// The reply of one that took what it was sent.
async fn taken(reply: reqwest::Result<Response>) -> Result<Response, SendError> {
    let mut reply = match reply {
        Ok(reply) => reply,
        Err(error) if error.is_timeout() => return Err(SendError::Timeout),
        Err(error) => return Err(SendError::Unreachable(error.without_url())),
    };
    let status = reply.status();
    if status.is_success() {
        return Ok(reply);
    }
    let mut said = Vec::new();
    while said.len() < REFUSAL_BYTES {
        match reply.chunk().await {
            Ok(Some(chunk)) => said.extend_from_slice(&chunk[..chunk.len().min(REFUSAL_BYTES)]),
            _ => break,
        }
    }
    Err(SendError::Refused { status: status.as_u16(), said: cut(&String::from_utf8_lossy(&said), 200) })
}

fn way(path: &str, settings: &ReceiverSettings) -> Result<Way, RuleError> {
    let ReceiverSettings { alertmanager, webhook, slack, pagerduty, .. } = settings;
    match (alertmanager, webhook, slack, pagerduty) {
        (Some(of), None, None, None) => {
            Ok(Way::Alertmanager { url: url(&format!("{path}.alertmanager.url"), &of.url)?, bearer: of.bearer.clone() })
        }
        (None, Some(of), None, None) => {
            Ok(Way::Webhook { url: url(&format!("{path}.webhook.url"), &of.url)?, secret: of.secret.clone() })
        }
        (None, None, Some(of), None) => Ok(Way::Slack { url: of.url.clone() }),
        (None, None, None, Some(of)) => Ok(Way::PagerDuty {
            url: url(&format!("{path}.pagerduty.url"), &of.url)?,
            routing_key: of.routing_key.clone(),
        }),
        (None, None, None, None) => wrong(path, "says not how; write one of alertmanager, webhook, slack, pagerduty"),
        _ => wrong(path, "says more than one of alertmanager, webhook, slack, pagerduty; write a receiver for each"),
    }
}

/// A URL without credentials. It is not repeated: it may hold a token.
fn url(setting: &str, text: &str) -> Result<Url, RuleError> {
    match Url::parse(text) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            wrong(setting, "holds credentials, which no configuration file should; write them as a secret")
        }
        Ok(url) if is_http(&url) => Ok(url),
        _ => wrong(setting, "is no http or https URL"),
    }
}

fn secret_url(secret: &Secret) -> Result<Url, SendError> {
    let unusable = || SendError::Url { secret: secret.clone() };
    Url::parse(secret.read()?.reveal()).ok().filter(is_http).ok_or_else(unusable)
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}
