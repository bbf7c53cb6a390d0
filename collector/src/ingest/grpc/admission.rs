use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use ordertrace_config::Duration;
use tokio::time::Sleep;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::super::budget::{Budget, Reservation};
use super::overloaded;
use crate::settings::LimitSettings;

/// Lets a request in before a byte of its body is read, and counts what it holds while it is.
#[derive(Clone, Debug)]
pub(super) struct AdmissionLayer {
    budget: Budget,
    limit_bytes: usize,
    timeout: Duration,
}

impl AdmissionLayer {
    pub(super) fn new(budget: Budget, limits: &LimitSettings) -> Self {
        Self { budget, limit_bytes: limits.request_compressed_bytes, timeout: limits.request_timeout }
    }
}

impl<I> Layer<I> for AdmissionLayer {
    type Service = Admission<I>;

    fn layer(&self, inner: I) -> Admission<I> {
        Admission { inner, layer: self.clone() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Admission<I> {
    inner: I,
    layer: AdmissionLayer,
}

impl<I> Service<Request<Body>> for Admission<I>
where
    I: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    I::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let reservation = match self.layer.budget.admit() {
            Ok(reservation) => reservation,
            Err(error) => {
                let response = overloaded(error).into_http();
                return Box::pin(std::future::ready(Ok(response)));
            }
        };
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(reservation.clone());
        let body = Counted {
            body,
            reservation,
            length: 0,
            limit_bytes: self.layer.limit_bytes,
            timeout: self.layer.timeout,
            deadline: Box::pin(tokio::time::sleep(self.layer.timeout.get())),
        };
        Box::pin(self.inner.call(Request::from_parts(parts, Body::new(body))))
    }
}

/// A body that is paid for as it arrives, and that must arrive in time.
struct Counted {
    body: Body,
    reservation: Reservation,
    length: usize,
    limit_bytes: usize,
    timeout: Duration,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending if self.deadline.as_mut().poll(context).is_ready() => {
                let message = format!("the request did not arrive within {}", self.timeout);
                Some(Err(Status::deadline_exceeded(message)))
            }
            Poll::Pending => return Poll::Pending,
        };
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.length = self.length.saturating_add(data.len());
            if self.length > self.limit_bytes {
                let limit = self.limit_bytes;
                let message = format!("the request is longer than {limit} bytes as sent: send smaller batches");
                return Poll::Ready(Some(Err(Status::invalid_argument(message))));
            }
            if let Err(error) = self.reservation.grow_to(self.length) {
                return Poll::Ready(Some(Err(overloaded(error))));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
