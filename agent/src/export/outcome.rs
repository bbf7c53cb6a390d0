//! What an answer means for the batch.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// No receiver makes us wait longer than this.
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver has it, but for so many items.
    Accepted { rejected_items: u64, message: String },
    /// To be sent again, not before `after`.
    Retry { after: Option<Duration>, reason: String },
    /// Sending it again would not help.
    Refused { reason: String },
}

/// What a receiver that took a request said. The answers of all signals have one encoding.
/// One that cannot be read counts as full success: its status said so.
pub(super) fn accepted(answer: &[u8]) -> Outcome {
    let response = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
    let partial = response.partial_success.unwrap_or_default();
    Outcome::Accepted {
        rejected_items: u64::try_from(partial.rejected_spans).unwrap_or(0),
        message: partial.error_message,
    }
}

/// OTLP specification 1.10.0, "Retryable Response Codes" of OTLP/HTTP: 429, 502, 503, 504.
pub(super) fn of_http_status(status: u16, retry_after: Option<&str>, now: SystemTime) -> Option<Outcome> {
    let reason = format!("HTTP {status}");
    match status {
        200..=299 => None,
        429 | 502..=504 => {
            let after = retry_after.and_then(|text| parse_retry_after(text, now)).map(|after| after.min(LONGEST));
            Some(Outcome::Retry { after, reason })
        }
        _ => Some(Outcome::Refused { reason }),
    }
}

/// OTLP specification 1.10.0, table of retryable gRPC codes: RESOURCE_EXHAUSTED only with
/// RetryInfo.
pub(super) fn of_grpc_status(status: &Status) -> Outcome {
    let reason = format!("gRPC {:?}: {}", status.code(), status.message());
    let retry_info = status.get_details_retry_info();
    let after = retry_info.as_ref().and_then(|info| info.retry_delay).map(|delay| delay.min(LONGEST));
    match status.code() {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Outcome::Retry { after, reason },
        Code::ResourceExhausted if retry_info.is_some() => Outcome::Retry { after, reason },
        // The transport's own failures come as UNKNOWN with a source, a server's without.
        Code::Unknown if std::error::Error::source(status).is_some() => Outcome::Retry { after, reason },
        _ => Outcome::Refused { reason },
    }
}

/// The delay that a `Retry-After` asks for: seconds or an HTTP date (RFC 9110, 10.2.3).
pub(crate) fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(now).ok(),
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn http(status: u16, retry_after: Option<&str>) -> Option<Outcome> {
        of_http_status(status, retry_after, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
    }

    #[test]
    fn only_the_specified_codes_are_retried() {
        for status in [429, 502, 503, 504] {
            assert!(matches!(http(status, None), Some(Outcome::Retry { after: None, .. })), "{status}");
        }
        for status in [301, 400, 401, 404, 413, 500, 501] {
            assert!(matches!(http(status, None), Some(Outcome::Refused { .. })), "{status}");
        }
        assert_eq!(http(200, None), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_endless() {
        let after = |text| match http(503, Some(text)) {
            Some(Outcome::Retry { after, .. }) => after,
            other => panic!("{other:?}"),
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Sun, 09 Sep 2001 01:47:00 GMT"), Some(Duration::from_secs(20)));
        assert_eq!(after("Sun, 09 Sep 2001 01:46:00 GMT"), None);
        assert_eq!(after("soon"), None);
        assert_eq!(after("99999999999"), Some(LONGEST));
    }

    #[test]
    fn exhausted_means_retry_only_if_it_says_when() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(3)));
        let told = Status::with_error_details(Code::ResourceExhausted, "full", details);
        assert!(matches!(of_grpc_status(&told), Outcome::Retry { after: Some(after), .. } if after.as_secs() == 3));
        assert!(matches!(of_grpc_status(&Status::resource_exhausted("")), Outcome::Refused { .. }));
        assert!(matches!(of_grpc_status(&Status::unavailable("")), Outcome::Retry { after: None, .. }));
        assert!(matches!(of_grpc_status(&Status::invalid_argument("")), Outcome::Refused { .. }));
    }
}
