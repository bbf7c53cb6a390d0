//! What the environment asks for.

use tracing_subscriber::EnvFilter;

use crate::InitError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) format: LogFormat,
    pub(crate) directives: EnvFilter,
    pub(crate) export_spans: bool,
}

/// Whether the environment asks for export of the program's own figures.
pub(crate) fn export_metrics(lookup: impl Fn(&str) -> Option<String>) -> bool {
    asked(&lookup, "METRICS")
}

/// Whether an endpoint is there for a signal, and nobody says that it is not to be exported. An empty variable counts
/// as unset, as the OpenTelemetry specification says of its own.
fn asked(lookup: &impl Fn(&str) -> Option<String>, signal: &str) -> bool {
    let get = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    let is = |name: &str, wanted: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted));
    let endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")];
    endpoints.iter().any(|name| get(name).is_some())
        && !is("OTEL_SDK_DISABLED", "true")
        && !is(&format!("OTEL_{signal}_EXPORTER"), "none")
}

impl Settings {
    /// Reads the environment through `lookup`, so that tests need not change it.
    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InitError> {
        let get = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let format = match get("ORDERTRACE_LOG_FORMAT") {
            None => LogFormat::Text,
            Some(value) if value.eq_ignore_ascii_case("text") => LogFormat::Text,
            Some(value) if value.eq_ignore_ascii_case("json") => LogFormat::Json,
            Some(value) => return Err(InitError::Format { value }),
        };
        let given = ["ORDERTRACE_LOG", "RUST_LOG"].into_iter().find_map(|name| get(name).map(|value| (name, value)));
        let directives =
            match given {
                None => EnvFilter::new("info"),
                Some((variable, value)) => EnvFilter::builder()
                    .parse(&value)
                    .map_err(|source| InitError::Directives { variable, value, source })?,
            };
        Ok(Self { format, directives, export_spans: asked(&lookup, "TRACES") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, InitError> {
        Settings::from_lookup(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn an_empty_environment_logs_text_at_info_and_exports_nothing() {
        let settings = settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).unwrap();
        assert_eq!(settings.format, LogFormat::Text);
        assert_eq!(settings.directives.to_string(), "info");
        assert!(!settings.export_spans);
    }

    #[test]
    fn its_own_variable_wins_over_the_general_one() {
        let settings = settings(&[("RUST_LOG", "warn"), ("ORDERTRACE_LOG", "debug")]).unwrap();
        assert_eq!(settings.directives.to_string(), "debug");
    }

    #[test]
    fn spans_are_exported_on_request_only() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(settings(&[endpoint]).unwrap().export_spans);
        assert!(settings(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://[::1]:1")]).unwrap().export_spans);
        assert!(!settings(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]).unwrap().export_spans);
        assert!(!settings(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]).unwrap().export_spans);
    }

    #[test]
    fn figures_are_exported_on_request_only() {
        let asked = |variables: &[(&str, &str)]| {
            export_metrics(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned()))
        };
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(asked(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]));
        assert!(asked(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:4318/v1/metrics")]));
        assert!(!asked(&[]) && !asked(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces")]));
        assert!(!asked(&[endpoint, ("OTEL_METRICS_EXPORTER", "None")]));
        assert!(!asked(&[endpoint, ("OTEL_SDK_DISABLED", "true")]));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        let error = settings(&[("ORDERTRACE_LOG_FORMAT", "xml")]).unwrap_err().to_string();
        assert!(error.contains("ORDERTRACE_LOG_FORMAT") && error.contains("xml"), "{error}");
        let error = settings(&[("RUST_LOG", "a=b=c")]).unwrap_err().to_string();
        assert!(error.contains("RUST_LOG") && error.contains("a=b=c"), "{error}");
    }
}
