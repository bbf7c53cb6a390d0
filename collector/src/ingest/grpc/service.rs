use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use prost::Message;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Code, Request, Response, Status};
use tower::Service;

use ordertrace_otlp::Encoded;

use super::super::budget::Reservation;
use super::super::error::IngestError;
use super::super::examine::Encoding;
use super::super::export::Export;
use super::super::pipeline::{Ingest, Taken};
use super::{overloaded, retry};
use crate::store::Store;

/// One of OTLP's three services, each with the one method `Export`.
pub(super) struct ExportService<S, G> {
    ingest: Arc<Ingest<S>>,
    signal: PhantomData<fn() -> G>,
}

impl<S, G> Clone for ExportService<S, G> {
    fn clone(&self) -> Self {
        Self { ingest: Arc::clone(&self.ingest), signal: PhantomData }
    }
}

impl<S, G: Export> NamedService for ExportService<S, G> {
    const NAME: &'static str = G::NAME.service();
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<S: Store, G: Export> Service<http::Request<Body>> for ExportService<S, G> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer<Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            if request.uri().path() != G::NAME.export_path() {
                let message = format!("{} has no method but Export", G::NAME.service());
                return Ok(Status::unimplemented(message).into_http());
            }
            let mut grpc = Grpc::new(Encoded)
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .max_decoding_message_size(service.ingest.limits().request_bytes);
            Ok(grpc.unary(service, request).await)
        })
    }
}

impl<S: Store, G: Export> UnaryService<Bytes> for ExportService<S, G> {
    type Response = Bytes;
    type Future = Answer<Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let result = service.answer(request).await;
            let outcome = match &result {
                Ok(_) => "taken",
                Err(status) => match status.code() {
                    Code::ResourceExhausted => "overloaded",
                    Code::InvalidArgument => "malformed",
                    _ => "unavailable",
                },
            };
            service.ingest.metrics().add_request(G::NAME, "grpc", outcome);
            let taken = result?;
            let response = match i64::try_from(taken.refused).unwrap_or(i64::MAX) {
                0 => G::Response::default(),
                rejected => G::response(rejected, taken.message),
            };
            Ok(Response::new(response.encode_to_vec().into()))
        })
    }
}

impl<S: Store, G: Export> ExportService<S, G> {
    pub(super) fn new(ingest: &Arc<Ingest<S>>) -> Self {
        Self { ingest: Arc::clone(ingest), signal: PhantomData }
    }

    async fn answer(&self, mut request: Request<Bytes>) -> Result<Taken, Status> {
        let admitted = request.extensions_mut().remove::<Reservation>();
        let reservation = match admitted {
            Some(reservation) => reservation,
            None => self.ingest.budget().admit().map_err(overloaded)?,
        };
        let body = request.into_inner();
        reservation.grow_to(body.len()).map_err(overloaded)?;
        self.ingest.take::<G>(Encoding::Protobuf, body, reservation).await.map_err(|error| match error {
            IngestError::Malformed { .. } => Status::invalid_argument(error.to_string()),
            IngestError::Unavailable(unavailable) => {
                retry(Code::Unavailable, unavailable.to_string(), unavailable.retry_after)
            }
        })
    }
}
