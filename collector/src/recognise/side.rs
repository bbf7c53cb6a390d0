use bumpalo::Bump;
use ordertrace_api::attributes::OBSERVER_PROXY;
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::generalise;
use ordertrace_api::span::SpanKind;

use crate::record::{Side, SpanRecord};

use super::access::access;
use super::fields::Fields;
use super::keys::KeyFinder;
use super::peers::PeerMemory;
use super::system::Systems;

/// What it takes to find the other end of a handoff.
pub(super) struct SideFinder<'f, 'a> {
    pub(super) systems: &'f Systems,
    pub(super) keys: &'f KeyFinder,
    pub(super) peers: &'f mut PeerMemory,
    pub(super) arena: &'a Bump,
}

impl<'a> SideFinder<'_, 'a> {
    /// The span's part in a handoff; `None` for what is no end of one: internal work, database
    /// calls, and client spans that name nobody.
    pub(super) fn of(&mut self, span: &SpanRecord<'a>, fields: &Fields<'a>) -> Option<&'a Side<'a>> {
        let system = span.origin.system;
        let (observer, from, to) = if fields.observer == OBSERVER_PROXY {
            if fields.to.is_empty() {
                return None;
            }
            (Observer::Proxy, fields.from, fields.to)
        } else if fields.database {
            return None;
        } else {
            match span.kind {
                SpanKind::Client => (Observer::Client, system, self.peer(fields)?),
                SpanKind::Producer => (Observer::Producer, system, self.peer(fields)?),
                SpanKind::Server => (Observer::Server, "", system),
                SpanKind::Consumer => (Observer::Consumer, "", system),
                SpanKind::Internal | SpanKind::Unspecified => return None,
            }
        };
        let http = fields.http && !fields.messaging;
        Some(self.arena.alloc(Side {
            operation: self.operation(span, fields, observer, to),
            observer,
            from,
            to,
            method: if http { fields.method } else { "" },
            path: if http { fields.url.path } else { "" },
            status_code: fields.status_code,
            resend_count: fields.resend_count,
            idempotency_key: fields.idempotency_key,
            error_type: fields.error_type,
            access: access(fields, observer),
        }))
    }

    /// The system that a CLIENT or PRODUCER span speaks to.
    fn peer(&mut self, fields: &Fields<'a>) -> Option<&'a str> {
        let (systems, arena) = (self.systems, self.arena);
        let keep = |system: &str| -> &'a str { arena.alloc_str(system) };
        let service = fields.peer_service;
        if !service.is_empty() {
            return Some(self.peers.service(service, || systems.of_service(service), keep));
        }
        // The broker's address says nothing of who gets the message.
        if fields.messaging && !fields.destination.is_empty() {
            return Some(keep(&systems.of_destination(fields.destination)));
        }
        let protocol = fields.http || fields.rpc || fields.messaging;
        let (host, port) = (fields.url.host, fields.url.port);
        (protocol && !host.is_empty()).then(|| self.peers.host(host, port, || systems.of_host(host, port), keep))
    }

    /// What was asked, with as few distinct values as can be.
    fn operation(&self, span: &SpanRecord<'a>, fields: &Fields<'a>, observer: Observer, to: &str) -> &'a str {
        let keep = |operation: &str| -> &'a str { self.arena.alloc_str(operation) };
        if !fields.operation.is_empty() {
            return fields.operation;
        }
        if !fields.graphql_operation.is_empty() {
            return fields.graphql_operation;
        }
        if fields.messaging || matches!(span.kind, SpanKind::Producer | SpanKind::Consumer) {
            let verb = match (fields.messaging_operation, span.kind) {
                ("", SpanKind::Producer) => "send",
                ("", SpanKind::Consumer) => "process",
                ("", _) => "",
                (verb, _) => verb,
            };
            return match (verb, fields.destination) {
                ("", _) | (_, "") => span.name,
                (verb, destination) => keep(&[verb, destination].join(" ")),
            };
        }
        if fields.rpc && !fields.rpc_method.is_empty() {
            // Since v1.39.0 of the conventions the method's name is qualified.
            return match fields.rpc_service {
                "" => fields.rpc_method,
                _ if fields.rpc_method.contains('/') => fields.rpc_method,
                service => keep(&[service, fields.rpc_method].join("/")),
            };
        }
        if !fields.http || fields.method.is_empty() {
            return span.name;
        }
        let path = fields.url.path;
        // A route belongs to the server's own framework; the caller knows a template.
        let stated = if observer == Observer::Server { fields.route } else { fields.url_template };
        match stated {
            "" | "*" | "/*" if path.is_empty() => fields.method,
            "" | "*" | "/*" => {
                let template = self.keys.template(path, to).map_or_else(|| generalise(path), ToString::to_string);
                keep(&[fields.method, &template].join(" "))
            }
            stated => keep(&[fields.method, stated].join(" ")),
        }
    }
}
