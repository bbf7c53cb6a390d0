//! How the tables write keys and enumerations.

use ordertrace_api::finding::Severity;
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};
use ordertrace_api::span::SpanKind;

use crate::record::SourceOutcome;

/// A key as a query binds it: kind, value, and system, which is empty when valid everywhere.
pub fn key_tuple(key: &Key) -> (&str, &str, &str) {
    (&key.kind, &key.value, key.system.as_deref().unwrap_or_default())
}

/// Reverse of [`key_tuple`].
pub fn key_of(kind: String, value: String, system: String) -> Key {
    Key { kind, value, system: Some(system).filter(|system| !system.is_empty()) }
}

/// The tables' enumeration of severities.
pub(crate) const SEVERITIES: [(Severity, i8); 3] =
    [(Severity::Info, 1), (Severity::Warning, 2), (Severity::Critical, 3)];

/// The tables' enumeration of what became of asking a source of readings.
pub(crate) const SOURCE_OUTCOMES: [(SourceOutcome, i8); 6] = [
    (SourceOutcome::Ok, 1),
    (SourceOutcome::Partly, 2),
    (SourceOutcome::Late, 3),
    (SourceOutcome::Failed, 4),
    (SourceOutcome::Read, 5),
    (SourceOutcome::Refused, 6),
];

/// The number of `value`; 0, which none has, where it is not among them.
pub(crate) fn code<T: Copy + PartialEq>(codes: &[(T, i8)], value: T) -> i8 {
    codes.iter().find(|(known, _)| *known == value).map_or(0, |(_, code)| *code)
}

/// Reverse of [`code`].
pub(crate) fn of_code<T: Copy>(codes: &[(T, i8)], code: i8) -> Option<T> {
    codes.iter().find(|(_, known)| *known == code).map(|(value, _)| *value)
}

/// Code of `strength` in the tables' enumerations.
pub(super) fn strength_code(strength: Strength) -> i8 {
    match strength {
        Strength::Strong => 1,
        Strength::Session => 2,
        Strength::Weak => 3,
    }
}

/// Reverse of [`strength_code`].
pub fn strength_of(code: i8) -> Strength {
    match code {
        1 => Strength::Strong,
        2 => Strength::Session,
        _ => Strength::Weak,
    }
}

/// Code of `observer` in the tables' enumerations; 0 stands for "not an end of a handoff".
pub(super) fn observer_code(observer: Observer) -> i8 {
    match observer {
        Observer::Client => 1,
        Observer::Producer => 2,
        Observer::Proxy => 3,
        Observer::Server => 4,
        Observer::Consumer => 5,
    }
}

/// Reverse of [`observer_code`].
pub fn observer_of(code: i8) -> Option<Observer> {
    match code {
        1 => Some(Observer::Client),
        2 => Some(Observer::Producer),
        3 => Some(Observer::Proxy),
        4 => Some(Observer::Server),
        5 => Some(Observer::Consumer),
        _ => None,
    }
}

pub(super) fn kind_code(kind: SpanKind) -> i8 {
    match kind {
        SpanKind::Unspecified => 0,
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// The span kind behind its code in the tables' enumerations.
pub fn kind_of(code: i8) -> SpanKind {
    match code {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_what_they_stand_for() {
        for observer in [Observer::Client, Observer::Producer, Observer::Proxy, Observer::Server, Observer::Consumer] {
            assert_eq!(observer_of(observer_code(observer)), Some(observer));
        }
        for strength in [Strength::Strong, Strength::Session, Strength::Weak] {
            assert_eq!(strength_of(strength_code(strength)), strength);
        }
        for kind in [
            SpanKind::Unspecified,
            SpanKind::Internal,
            SpanKind::Server,
            SpanKind::Client,
            SpanKind::Producer,
            SpanKind::Consumer,
        ] {
            assert_eq!(kind_of(kind_code(kind)), kind);
        }
    }
}
