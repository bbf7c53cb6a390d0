use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::exchange;

/// Bytes of an answer's body.
pub(super) const BODY_BYTES: usize = 2_048;

/// A service that answers every request at once; ends when dropped.
#[derive(Debug)]
pub(super) struct Upstream {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Upstream {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the upstream cannot listen")?;
        let address = listener.local_addr()?;
        let body = Bytes::from(exchange::response(BODY_BYTES));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Otherwise the second part of an answer may wait for an acknowledgement of the first.
                let _ = stream.set_nodelay(true);
                let body = body.clone();
                let service = service_fn(move |request| answer(request, body.clone()));
                // A connection that breaks is the caller's to notice.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Ok(Self { address, server })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // The whole request is read before it is answered; one that breaks off is answered all the same.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}
