//! One caller's connection, and the upstream connection that belongs to it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::forward::forward;
use super::link::{Link, Tunnels};
use super::route::Route;
use super::worker::Sink;

/// Headers of a request that are read.
const HEADERS: usize = 256;

/// Serves a caller until it or the upstream closes, or, after `stop`, until the request
/// under way is done.
pub(super) async fn serve(stream: TcpStream, route: Arc<Route>, sink: Sink, tunnels: Tunnels, stop: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let link = Arc::new(Link::new(route, sink, tunnels));
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
