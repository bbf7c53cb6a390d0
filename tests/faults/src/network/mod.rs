//! A network that can be troubled: TCP proxies that lead elsewhere, cut, delay and lose.

mod connection;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::plan::Trouble;

/// What a link does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    target: SocketAddr,
    trouble: Option<Trouble>,
    /// Connections made under another number are reset.
    epoch: u32,
}

/// A TCP proxy on loopback. Ends with its connections when dropped.
pub(crate) struct Link {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    _task: AbortOnDropHandle<()>,
}

impl Link {
    /// Starts one that leads to `target`.
    pub(crate) async fn start(target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for a link")?;
        let address = listener.local_addr()?;
        let (state, told) = watch::channel(State { target, trouble: None, epoch: 0 });
        let task = AbortOnDropHandle::new(tokio::spawn(accept(listener, told)));
        Ok(Self { address, state: Arc::new(state), _task: task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Troubles it, or heals it.
    pub(crate) fn set(&self, trouble: Option<Trouble>) {
        self.state.send_modify(|state| state.trouble = trouble);
    }

    /// Leads elsewhere from now on; connections are reset.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        self.state.send_modify(|state| {
            state.target = target;
            state.epoch += 1;
        });
    }
}

async fn accept(listener: TcpListener, state: watch::Receiver<State>) {
    let mut connections = JoinSet::new();
    let mut number = 0_u64;
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((client, _)) = accepted {
                number += 1;
                connections.spawn(connection::serve(client, state.clone(), number));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

#[cfg(test)]
mod tests;
