use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::edge::{EDGES, Edge};
use crate::operation::OPERATIONS;
use crate::system::System;

/// Request header that carries a shopper's session token, a secret: only its hash is a key.
pub const SESSION_HEADER: &str = "x-session-token";

/// What a handoff proxy needs to know about an edge. All other keys of its traffic follow
/// from the names of JSON members ([`kind_of_name`](ordertrace_api::keys::kind_of_name)) and
/// the form of values ([`kind_of_value`](ordertrace_api::keys::kind_of_value)); a body that
/// names several values of one strong kind links none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxiedRoute {
    /// `storefront-to-payments`; give it to [`Shop::set_address`](crate::Shop::set_address).
    pub name: String,
    /// The caller.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The receiver's URL: `http://127.0.0.1:PORT`.
    pub upstream: String,
    /// Path templates of the edge's operations, without duplicates. A GraphQL operation goes
    /// by its name instead.
    pub templates: Vec<String>,
    /// Request header whose hashed value is a `session` key, on edges that carry one.
    pub session_header: Option<String>,
}

/// Where everybody is. Services listen where they were bound; what a caller dials is
/// decided per edge, so that a proxy can stand between any two.
#[derive(Debug)]
pub(crate) struct Directory {
    services: BTreeMap<System, SocketAddr>,
    detours: RwLock<BTreeMap<Edge, SocketAddr>>,
}

impl Directory {
    pub(crate) fn new(services: BTreeMap<System, SocketAddr>) -> Self {
        Self { services, detours: RwLock::default() }
    }

    /// Where the service itself listens; `None` for the shopper.
    pub(crate) fn service(&self, system: System) -> Option<SocketAddr> {
        self.services.get(&system).copied()
    }

    /// Where a caller dials.
    pub(crate) fn dial(&self, edge: Edge) -> Option<SocketAddr> {
        let detours = self.detours.read().unwrap_or_else(PoisonError::into_inner);
        detours.get(&edge).copied().or_else(|| self.service(edge.to))
    }

    /// Sends the callers of an edge to another address. `false` when no edge has that name.
    pub(crate) fn detour(&self, edge_name: &str, address: SocketAddr) -> bool {
        let Some(traits) = EDGES.iter().find(|traits| traits.edge.name() == edge_name) else {
            return false;
        };
        self.detours.write().unwrap_or_else(PoisonError::into_inner).insert(traits.edge, address);
        true
    }

    /// The edges that need a proxy.
    pub(crate) fn proxied_routes(&self) -> Vec<ProxiedRoute> {
        let proxied = EDGES.iter().filter(|traits| traits.proxied).map(|traits| traits.edge);
        proxied.filter_map(|edge| Some(route(edge, self.service(edge.to)?))).collect()
    }
}

fn route(edge: Edge, upstream: SocketAddr) -> ProxiedRoute {
    let mut templates: Vec<String> = Vec::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.edge() == edge && operation.graphql.is_none()) {
        if !templates.iter().any(|known| known == operation.template) {
            templates.push(operation.template.to_owned());
        }
    }
    let session = matches!(edge.to, System::Storefront | System::Search | System::Pim)
        && matches!(edge.from, System::Shopper | System::Storefront);
    ProxiedRoute {
        name: edge.name(),
        from: edge.from.name().to_owned(),
        to: edge.to.name().to_owned(),
        upstream: format!("http://{upstream}"),
        templates,
        session_header: session.then(|| SESSION_HEADER.to_owned()),
    }
}
