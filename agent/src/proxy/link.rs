//! What the requests of one caller's connection share.

use std::sync::Arc;

use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::route::Route;
use super::upstream::Upstream;
use super::worker::Sink;

/// The upgraded connections of a route.
#[derive(Clone, Debug, Default)]
pub(super) struct Tunnels {
    tasks: TaskTracker,
    closing: CancellationToken,
}

impl Tunnels {
    pub(super) fn spawn(&self, tunnel: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tasks.spawn(async move { closing.run_until_cancelled(tunnel).await });
    }

    /// Ends them all.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// What the requests of one caller's connection share.
pub(super) struct Link {
    pub(super) route: Arc<Route>,
    pub(super) sink: Sink,
    /// Upgraded connections outlive the caller's HTTP connection.
    pub(super) tunnels: Tunnels,
    /// Taken out by HTTP/1 while a request is under way; HTTP/2 takes handles of it.
    upstream: Mutex<Option<Upstream>>,
    /// Held while an HTTP/2 connection is made, so that requests that come together share it.
    pub(super) dialling: Mutex<()>,
    /// Told when an HTTP/1 upstream connection was kept, so that its end is watched for.
    kept: Notify,
}

impl Link {
    /// A link without an upstream connection yet.
    pub(super) fn new(route: Arc<Route>, sink: Sink, tunnels: Tunnels) -> Self {
        Self { route, sink, tunnels, upstream: Mutex::new(None), dialling: Mutex::new(()), kept: Notify::new() }
    }

    /// The connection that is there, if any.
    pub(super) async fn upstream(&self) -> Option<Upstream> {
        let mut slot = self.upstream.lock().await;
        match slot.as_ref().and_then(Upstream::share) {
            Some(shared) => Some(shared),
            None => slot.take(),
        }
    }

    /// Keeps a connection for the next request.
    pub(super) async fn keep(&self, upstream: Upstream) {
        *self.upstream.lock().await = Some(upstream);
        self.kept.notify_one();
    }

    /// Returns when the connection that was kept last ends, if HTTP/1: the caller's is
    /// closed then too. An HTTP/2 one is replaced with the next request.
    pub(super) async fn upstream_ended(&self) {
        loop {
            let ended = {
                let slot = self.upstream.lock().await;
                slot.as_ref().filter(|upstream| upstream.share().is_none()).map(|upstream| upstream.ended.clone())
            };
            match ended {
                Some(ended) => tokio::select! {
                    () = ended.cancelled() => {
                        // Only if no request has taken it to find out for itself.
                        let slot = self.upstream.lock().await;
                        if slot.as_ref().is_some_and(|upstream| upstream.ended.is_cancelled()) {
                            return;
                        }
                    }
                    () = self.kept.notified() => {}
                },
                None => self.kept.notified().await,
            }
        }
    }
}
