//! An OTLP/gRPC receiver that counts spans and says yes: what agents and proxies export to.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// The largest request it takes, in bytes.
const REQUEST_LIMIT_BYTES: usize = 64 << 20;

/// Between two looks at the count.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A running sink; ends when dropped.
#[derive(Debug)]
pub(crate) struct Sink {
    address: SocketAddr,
    spans: Arc<AtomicU64>,
    server: JoinHandle<()>,
}

impl Sink {
    /// Listens on a free port of loopback.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the sink cannot listen")?;
        let address = listener.local_addr()?;
        let spans = Arc::new(AtomicU64::new(0));
        let service = TraceServiceServer::new(Count(spans.clone()))
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(REQUEST_LIMIT_BYTES);
        let serve = Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener));
        let server = tokio::spawn(async move {
            if let Err(error) = serve.await {
                eprintln!("the sink ended: {error}");
            }
        });
        Ok(Self { address, spans, server })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until so many spans have arrived, at most `limit`; how many have.
    pub(crate) async fn wait_spans(&self, spans: u64, limit: Duration) -> u64 {
        let deadline = Instant::now() + limit;
        loop {
            let arrived = self.spans.load(Ordering::Relaxed);
            if arrived >= spans || Instant::now() >= deadline {
                return arrived;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Count(Arc<AtomicU64>);

#[tonic::async_trait]
impl TraceService for Count {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let groups = request.into_inner().resource_spans.into_iter().flat_map(|group| group.scope_spans);
        let spans: usize = groups.map(|group| group.spans.len()).sum();
        self.0.fetch_add(spans as u64, Ordering::Relaxed);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
