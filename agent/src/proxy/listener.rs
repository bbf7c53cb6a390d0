//! Accepting callers.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::serve;
use super::link::Tunnels;
use super::route::Route;
use super::worker::Sink;

/// Connections of callers served at once; further ones wait in the system's queue.
const CONNECTIONS: usize = 16_384;
/// Pause after a failed accept, which means that this process or host is out of something.
const PAUSE: Duration = Duration::from_millis(50);
/// How long requests under way may take after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves a route until `stop`, then lets requests under way finish for at most ten seconds.
pub async fn serve_route(listener: TcpListener, route: Arc<Route>, sink: Sink, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    let tunnels = Tunnels::default();
    let abort = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let served = serve(stream, Arc::clone(&route), sink.clone(), tunnels.clone(), stop.clone());
                let abort = abort.clone();
                connections.spawn(async move {
                    let _permit = permit;
                    abort.run_until_cancelled(served).await;
                });
            }
            Err(error) => {
                tracing::warn!(route = route.name, %error, "a caller could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        abort.cancel();
        connections.wait().await;
    }
    // Upgraded connections have no end of their own to wait for.
    tunnels.close().await;
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}
