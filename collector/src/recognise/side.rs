use ordertrace_api::attributes::OBSERVER_PROXY;
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::generalise;
use ordertrace_api::span::SpanKind;

use crate::record::{HandoffSide, SpanRecord};

use super::fields::Fields;
use super::keys::KeyFinder;
use super::system::Systems;

/// The span's part in a handoff; `None` for what is no end of one: internal work, database
/// calls, and client spans that name nobody.
pub(super) fn of(span: &SpanRecord, fields: &Fields<'_>, systems: &Systems, keys: &KeyFinder) -> Option<HandoffSide> {
    let (observer, from, to) = if fields.observer == OBSERVER_PROXY {
        if fields.to.is_empty() {
            return None;
        }
        (Observer::Proxy, fields.from.to_owned(), fields.to.to_owned())
    } else if fields.database {
        return None;
    } else {
        match span.kind {
            SpanKind::Client => (Observer::Client, span.system.clone(), peer(fields, systems)?),
            SpanKind::Producer => (Observer::Producer, span.system.clone(), peer(fields, systems)?),
            SpanKind::Server => (Observer::Server, String::new(), span.system.clone()),
            SpanKind::Consumer => (Observer::Consumer, String::new(), span.system.clone()),
            SpanKind::Internal | SpanKind::Unspecified => return None,
        }
    };
    let http = fields.http && !fields.messaging;
    Some(HandoffSide {
        operation: operation(span, fields, observer, &to, keys),
        observer,
        from,
        to,
        method: if http { fields.method.to_owned() } else { String::new() },
        path: if http { fields.url.path.to_owned() } else { String::new() },
        status_code: fields.status_code,
        resend_count: fields.resend_count,
        idempotency_key: fields.idempotency_key.to_owned(),
        error_type: fields.error_type.to_owned(),
    })
}

/// The system that a CLIENT or PRODUCER span speaks to.
fn peer(fields: &Fields<'_>, systems: &Systems) -> Option<String> {
    if !fields.peer_service.is_empty() {
        return Some(systems.of_service(fields.peer_service));
    }
    // The broker's address says nothing of who gets the message.
    if fields.messaging && !fields.destination.is_empty() {
        return Some(systems.of_destination(fields.destination));
    }
    let protocol = fields.http || fields.rpc || fields.messaging;
    (protocol && !fields.url.host.is_empty()).then(|| systems.of_host(fields.url.host, fields.url.port))
}

/// What was asked, with as few distinct values as can be.
fn operation(span: &SpanRecord, fields: &Fields<'_>, observer: Observer, to: &str, keys: &KeyFinder) -> String {
    if !fields.operation.is_empty() {
        return fields.operation.to_owned();
    }
    if !fields.graphql_operation.is_empty() {
        return fields.graphql_operation.to_owned();
    }
    if fields.messaging || matches!(span.kind, SpanKind::Producer | SpanKind::Consumer) {
        let verb = match (fields.messaging_operation, span.kind) {
            ("", SpanKind::Producer) => "send",
            ("", SpanKind::Consumer) => "process",
            ("", _) => "",
            (verb, _) => verb,
        };
        return match (verb, fields.destination) {
            ("", _) | (_, "") => span.name.clone(),
            (verb, destination) => format!("{verb} {destination}"),
        };
    }
    if fields.rpc && !fields.rpc_method.is_empty() {
        // Since v1.39.0 of the conventions the method's name is qualified.
        return match fields.rpc_service {
            "" => fields.rpc_method.to_owned(),
            _ if fields.rpc_method.contains('/') => fields.rpc_method.to_owned(),
            service => format!("{service}/{}", fields.rpc_method),
        };
    }
    if !fields.http || fields.method.is_empty() {
        return span.name.clone();
    }
    let path = fields.url.path;
    // A route belongs to the server's own framework; the caller knows a template.
    let stated = if observer == Observer::Server { fields.route } else { fields.url_template };
    let template = match stated {
        "" | "*" | "/*" if path.is_empty() => return fields.method.to_owned(),
        "" | "*" | "/*" => keys.template(path, to).map_or_else(|| generalise(path), ToString::to_string),
        stated => stated.to_owned(),
    };
    format!("{} {template}", fields.method)
}
