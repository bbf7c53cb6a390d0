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

impl Settings {
    /// Reads the environment through `lookup`, so that tests need not change it.
    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InitError> {
        // An empty variable counts as unset, as the OpenTelemetry specification says of its own.
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
        let asked = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
            .into_iter()
            .any(|name| get(name).is_some());
        let is = |name: &str, wanted: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted));
        let export_spans = asked && !is("OTEL_SDK_DISABLED", "true") && !is("OTEL_TRACES_EXPORTER", "none");
        Ok(Self { format, directives, export_spans })
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
    fn what_cannot_be_meant_is_refused_by_name() {
        let error = settings(&[("ORDERTRACE_LOG_FORMAT", "xml")]).unwrap_err().to_string();
        assert!(error.contains("ORDERTRACE_LOG_FORMAT") && error.contains("xml"), "{error}");
        let error = settings(&[("RUST_LOG", "a=b=c")]).unwrap_err().to_string();
        assert!(error.contains("RUST_LOG") && error.contains("a=b=c"), "{error}");
    }
}
