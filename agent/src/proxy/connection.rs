//! One caller's connection, and the upstream connection that belongs to it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::forward::forward;
use super::route::Route;
use super::upstream::Upstream;
use super::worker::Sink;

/// Headers of a request that are read.
const HEADERS: usize = 256;

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
    async fn upstream_ended(&self) {
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

/// Serves a caller until it or the upstream closes, or, after `stop`, until the request
/// under way is done.
pub(super) async fn serve(stream: TcpStream, route: Arc<Route>, sink: Sink, tunnels: Tunnels, stop: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let link = Arc::new(Link {
        route,
        sink,
        tunnels,
        upstream: Mutex::new(None),
        dialling: Mutex::new(()),
        kept: Notify::new(),
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .preserve_header_case(true)
        .max_headers(HEADERS)
        .auto_date_header(false)
        // Callers may keep idle connections for as long as the upstream lets them.
        .header_read_timeout(None)
        .http2()
        .timer(TokioTimer::new())
        .adaptive_window(true)
        .auto_date_header(false);
    let service = {
        let link = Arc::clone(&link);
        service_fn(move |request| forward(Arc::clone(&link), request))
    };
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut upstream_ended = pin!(link.upstream_ended());
    let mut closing = false;
    let ended: Result<Infallible, _> = loop {
        tokio::select! {
            result = connection.as_mut() => match result {
                Ok(()) => return,
                Err(error) => break Err(error),
            },
            () = stop.cancelled(), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
            () = upstream_ended.as_mut(), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    let Err(error) = ended;
    tracing::debug!(route = link.route.name, error, "a caller's connection ended early");
}
