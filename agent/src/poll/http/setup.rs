//! Why an API cannot be polled as configured.

use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use reqwest::Url;

use crate::poll::config::{HttpConfig, SecretError};
use crate::poll::json::PointerError;
use crate::tls::TlsError;

/// Why an API cannot be polled as configured.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// Not a URL. It is not repeated: it may hold a token.
    #[error("http.url is no http or https URL")]
    Url,
    /// Credentials in the URL.
    #[error("http.url holds credentials; write them as bearer, basic or secret_headers")]
    Credentials,
    /// A header that is none, or a secret one.
    #[error("http header {name:?} {reason}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Two ways to say who asks.
    #[error("http.bearer and http.basic are both given; leave one away")]
    TwoCredentials,
    /// A limit that allows nothing.
    #[error("http.{name} is 0, which allows nothing")]
    Zero {
        /// The setting.
        name: &'static str,
    },
    /// A pointer that is none.
    #[error(transparent)]
    Pointer(#[from] PointerError),
    /// A secret that is not there.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Authorities that cannot be trusted.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No client.
    #[error("no HTTP client can be made")]
    Client(#[source] reqwest::Error),
}

/// The URL of the first page.
pub(super) fn url(text: &str) -> Result<Url, HttpSetupError> {
    let url = Url::parse(text).map_err(|_| HttpSetupError::Url)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(HttpSetupError::Url);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HttpSetupError::Credentials);
    }
    Ok(url)
}

/// Refuses limits that allow nothing, and headers that say in clear who asks.
pub(super) fn check(config: &HttpConfig) -> Result<(), HttpSetupError> {
    let limits = [
        ("requests_per_minute", config.requests_per_minute as usize),
        ("pages_limit", config.pages_limit as usize),
        ("page_limit_bytes", config.page_limit_bytes),
        ("request_timeout", usize::from(!config.request_timeout.get().is_zero())),
    ];
    if let Some((name, _)) = limits.into_iter().find(|(_, limit)| *limit == 0) {
        return Err(HttpSetupError::Zero { name });
    }
    if config.bearer.is_some() && config.basic.is_some() {
        return Err(HttpSetupError::TwoCredentials);
    }
    for name in config.headers.keys() {
        let header = header_name(name)?;
        if [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&header) {
            let reason = "is a credential: write it into secret_headers, bearer or basic";
            return Err(HttpSetupError::Header { name: name.clone(), reason });
        }
    }
    Ok(())
}

/// A header's name.
pub(super) fn header_name(name: &str) -> Result<HeaderName, HttpSetupError> {
    let reason = "is no header name";
    HeaderName::try_from(name).map_err(|_| HttpSetupError::Header { name: name.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::config::Secret;

    #[test]
    fn secrets_do_not_stand_in_clear() {
        assert!(url("https://erp.example/stock?active=1").is_ok());
        assert!(matches!(url("https://me:s3cret@erp.example/"), Err(HttpSetupError::Credentials)));
        let told = url("erp.example/s3cret").unwrap_err().to_string();
        assert!(!told.contains("s3cret"), "{told}");
        let mut config = HttpConfig::new("http://127.0.0.1:1/");
        assert!(check(&config).is_ok());
        config.headers.insert("authorization".to_owned(), "Bearer s3cret".to_owned());
        let told = check(&config).unwrap_err().to_string();
        assert!(told.contains("secret_headers") && !told.contains("s3cret"), "{told}");
        config.headers = [("a b".to_owned(), String::new())].into();
        assert!(check(&config).is_err());
    }

    #[test]
    fn limits_that_allow_nothing() {
        let config = HttpConfig { pages_limit: 0, ..HttpConfig::new("http://127.0.0.1:1/") };
        assert_eq!(check(&config).unwrap_err().to_string(), "http.pages_limit is 0, which allows nothing");
        let basic = crate::poll::config::Basic { user: "u".to_owned(), password: Secret::Env("P".to_owned()) };
        let config = HttpConfig {
            bearer: Some(Secret::Env("T".to_owned())),
            basic: Some(basic),
            ..HttpConfig::new("http://127.0.0.1:1/")
        };
        assert!(matches!(check(&config), Err(HttpSetupError::TwoCredentials)));
    }
}
