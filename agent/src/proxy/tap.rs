//! Bodies that are looked at as they pass.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::attempt::{Attempt, Copy};

/// A request's body on its way to the upstream.
#[derive(Debug)]
pub(super) struct RequestTap {
    inner: Incoming,
    copy: Arc<Mutex<Copy>>,
}

impl RequestTap {
    pub(super) fn new(inner: Incoming, copy: Arc<Mutex<Copy>>) -> Self {
        Self { inner, copy }
    }
}

impl Body for RequestTap {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.copy.lock().unwrap_or_else(PoisonError::into_inner).add(data);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A response's body on its way to the caller; reports the attempt when it ends.
#[derive(Debug)]
pub(super) struct ResponseTap {
    inner: Incoming,
    attempt: Attempt,
}

impl ResponseTap {
    pub(super) fn new(inner: Incoming, attempt: Attempt) -> Self {
        let mut tap = Self { inner, attempt };
        tap.finish_if_ended();
        tap
    }

    /// A server stops polling at a body's declared length, so its end must be noticed with
    /// the last frame.
    fn finish_if_ended(&mut self) {
        if self.inner.is_end_stream() || self.inner.size_hint().exact() == Some(0) {
            self.attempt.finish(None);
        }
    }
}

impl Body for ResponseTap {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.attempt.response_data(data);
                }
                self.finish_if_ended();
            }
            Poll::Ready(Some(Err(_))) => self.attempt.finish(Some("reset")),
            Poll::Ready(None) => self.attempt.finish(None),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
