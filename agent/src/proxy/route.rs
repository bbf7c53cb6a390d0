//! A route as configured, made ready.

use std::sync::Arc;
use std::time::Duration;

use http::uri::{Authority, InvalidUri, Scheme};
use http::{HeaderValue, Uri};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::capture::{BodyReading, BodyReadingError, RuleError, Rules};
use crate::config::{HostHeader, RouteConfig};
use crate::tls::{TlsError, client_config};

/// Most bytes of a body that may be looked at.
const CAPTURE_BYTES: usize = 1024 * 1024;

/// One route of the proxy.
#[derive(Debug)]
pub struct Route {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) upstream: Endpoint,
    pub(super) host: HostHeader,
    pub(super) connect_timeout: Duration,
    pub(super) response_timeout: Option<Duration>,
    pub(super) rules: Rules,
    pub(super) readings: Vec<BodyReading>,
    pub(super) capture_bytes: usize,
}

/// Where a route leads.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    pub(super) host_value: HeaderValue,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<Tls>,
}

/// TLS towards an upstream: a connection speaks the protocol that its caller speaks.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) name: ServerName<'static>,
    pub(super) http1: Arc<ClientConfig>,
    pub(super) http2: Arc<ClientConfig>,
}

/// A route that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// The upstream is no URL.
    #[error("route {route}: upstream {upstream:?} cannot be read")]
    Url {
        /// The route.
        route: String,
        /// As configured.
        upstream: String,
        /// Why not.
        source: InvalidUri,
    },
    /// The upstream is no http or https URL without a path.
    #[error("route {route}: upstream {upstream:?}: write http://host:port or https://host, without a path")]
    Upstream {
        /// The route.
        route: String,
        /// As configured.
        upstream: String,
    },
    /// A rule cannot be used.
    #[error("route {route}")]
    Rule {
        /// The route.
        route: String,
        /// Which and why.
        source: RuleError,
    },
    /// A reading of its bodies cannot be made.
    #[error("route {route}")]
    Reading {
        /// The route.
        route: String,
        /// Which and why.
        source: BodyReadingError,
    },
    /// The upstream's certificates cannot be checked.
    #[error("route {route}")]
    Tls {
        /// The route.
        route: String,
        /// Why not.
        source: TlsError,
    },
}

impl Route {
    /// Checks and compiles a configured route.
    ///
    /// # Errors
    /// [`RouteError`] names the route and the setting.
    pub fn new(config: &RouteConfig) -> Result<Self, RouteError> {
        let route = || config.name.clone();
        let rules = config.rules().map_err(|source| RouteError::Rule { route: route(), source })?;
        let readings = config.readings().map_err(|source| RouteError::Reading { route: route(), source })?;
        let upstream = Endpoint::new(config)?;
        let default_host = if upstream.tls.is_some() { HostHeader::Upstream } else { HostHeader::Preserve };
        Ok(Self {
            name: route(),
            from: config.from.clone(),
            to: config.to.clone(),
            host: config.host.unwrap_or(default_host),
            upstream,
            connect_timeout: Duration::from_millis(config.connect_timeout_ms.max(1)),
            response_timeout: Some(config.response_timeout_ms).filter(|ms| *ms > 0).map(Duration::from_millis),
            rules,
            readings,
            capture_bytes: config.capture_bytes.min(CAPTURE_BYTES),
        })
    }
}

impl Endpoint {
    fn new(config: &RouteConfig) -> Result<Self, RouteError> {
        let (route, upstream) = (config.name.clone(), config.upstream.clone());
        let uri: Uri = upstream.parse().map_err(|source| RouteError::Url {
            route: route.clone(),
            upstream: upstream.clone(),
            source,
        })?;
        let shape = || RouteError::Upstream { route: route.clone(), upstream: upstream.clone() };
        let is_secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(shape()),
        };
        let parts = uri.into_parts();
        let authority = parts.authority.ok_or_else(shape)?;
        let has_path = parts.path_and_query.is_some_and(|path| path != "/");
        if has_path || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(shape());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let tls = if is_secure {
            let name = ServerName::try_from(host.clone()).map_err(|_| shape())?;
            let config_for = |alpn: &[u8]| {
                client_config(config.ca_file.as_deref(), &[alpn])
                    .map(Arc::new)
                    .map_err(|source| RouteError::Tls { route: route.clone(), source })
            };
            Some(Tls { name, http1: config_for(b"http/1.1")?, http2: config_for(b"h2")? })
        } else {
            None
        };
        Ok(Self {
            scheme: if is_secure { Scheme::HTTPS } else { Scheme::HTTP },
            host_value: HeaderValue::from_str(authority.as_str()).map_err(|_| shape())?,
            port: authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 }),
            authority,
            host,
            tls,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(upstream: &str) -> Result<Route, RouteError> {
        Route::new(&RouteConfig::new("r", "a", "b", ([127, 0, 0, 1], 0).into(), upstream))
    }

    #[test]
    fn upstreams_are_origins() {
        let plain = route("http://[::1]:8080").unwrap();
        assert_eq!((plain.upstream.host.as_str(), plain.upstream.port), ("::1", 8080));
        assert_eq!(plain.host, HostHeader::Preserve);
        let secure = route("https://api.stripe.com/").unwrap();
        assert_eq!((secure.upstream.port, secure.host), (443, HostHeader::Upstream));
        for wrong in ["", "api.stripe.com", "ftp://a", "http://a/path", "http://u:p@a", "http://", "/x"] {
            assert!(route(wrong).unwrap_err().to_string().contains("route r"), "{wrong}");
        }
    }
}
