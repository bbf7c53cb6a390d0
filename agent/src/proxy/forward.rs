//! Passing one request on.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version, request};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::attempt::Attempt;
use super::headers::{closes, set_upgrade, strip_hop_by_hop};
use super::link::Link;
use super::route::Route;
use super::tap::{RequestTap, ResponseTap};
use super::upstream::{DialError, Protocol, Upstream};
use crate::capture::{TraceContext, random_ids};
use crate::cause::causes;
use crate::config::HostHeader;

pub(super) type Answer = Response<UnsyncBoxBody<Bytes, hyper::Error>>;

/// Ends the caller's connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the upstream closed a reused connection; so does the proxy")]
pub(super) struct HangUp;

/// Passes a request on and the answer back.
pub(super) async fn forward(link: Arc<Link>, mut request: Request<Incoming>) -> Result<Answer, HangUp> {
    if request.method() == Method::CONNECT {
        return Ok(text(
            StatusCode::METHOD_NOT_ALLOWED,
            "ordertrace: this is a reverse proxy; CONNECT is not served\n",
        ));
    }
    let route = &link.route;
    let protocol = if request.version() == Version::HTTP_2 { Protocol::Http2 } else { Protocol::Http1 };
    let caller_upgrade = hyper::upgrade::on(&mut request);
    let (mut head, body) = request.into_parts();
    let (trace_id, span_id) = random_ids();
    let trace = TraceContext::from_headers(&head.headers, trace_id, span_id);
    trace.write(&mut head.headers);
    let mut attempt = Attempt::new(route, &link.sink, &head, trace);
    let asked_upgrade = strip_hop_by_hop(&mut head.headers).filter(|_| protocol == Protocol::Http1);
    if head.headers.contains_key(http::header::TE) && protocol == Protocol::Http1 {
        head.headers.insert(CONNECTION, HeaderValue::from_static("te"));
    }
    if let Some(protocol) = asked_upgrade {
        set_upgrade(&mut head.headers, protocol);
    }
    if !address(&mut head, route, protocol) {
        attempt.finish(Some("request"));
        return Ok(text(StatusCode::BAD_REQUEST, "ordertrace: the request's target cannot be passed on\n"));
    }
    let outgoing = Request::from_parts(head, RequestTap::new(body, attempt.request_copy()));
    let sent = match route.response_timeout {
        Some(limit) => tokio::time::timeout(limit, send(&link, protocol, outgoing, &mut attempt)).await,
        None => Ok(send(&link, protocol, outgoing, &mut attempt).await),
    };
    let (mut response, upstream) = match sent {
        Ok(Ok(sent)) => sent,
        Ok(Err(SendError::Dial(error))) => {
            attempt.finish(Some(error.error_type()));
            let status = match error {
                DialError::Timeout => StatusCode::GATEWAY_TIMEOUT,
                _ => StatusCode::BAD_GATEWAY,
            };
            tracing::debug!(route = route.name, %error, cause = causes(&error), "upstream not reached");
            return Ok(text(status, &format!("ordertrace: {error}\n")));
        }
        Ok(Err(SendError::Lost { error, reused })) => {
            let error_type = if error.is_parse() { "protocol" } else { "reset" };
            attempt.finish(Some(error_type));
            tracing::debug!(route = route.name, %error, reused, "no answer from upstream");
            if reused && protocol == Protocol::Http1 {
                return Err(HangUp);
            }
            return Ok(text(StatusCode::BAD_GATEWAY, "ordertrace: the upstream gave no whole answer\n"));
        }
        Err(_) => {
            attempt.finish(Some("timeout"));
            return Ok(text(StatusCode::GATEWAY_TIMEOUT, "ordertrace: the upstream did not answer in time\n"));
        }
    };
    let upstream_upgrade = hyper::upgrade::on(&mut response);
    let (mut head, body) = response.into_parts();
    attempt.answered(&head);
    let upstream_closes = protocol == Protocol::Http1 && closes(&head.headers);
    let agreed_upgrade = strip_hop_by_hop(&mut head.headers);
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        if let Some(protocol) = agreed_upgrade {
            set_upgrade(&mut head.headers, protocol);
        }
        link.tunnels.spawn(tunnel(caller_upgrade, upstream_upgrade, upstream));
    } else {
        link.keep(upstream).await;
        if upstream_closes {
            head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    // The version belongs to this hop: an HTTP/1.0 upstream does not make the caller's so.
    head.version = Version::default();
    Ok(Response::from_parts(head, ResponseTap::new(body, attempt).boxed_unsync()))
}

/// Target and Host as the upstream is to see them; `false` when that cannot be.
fn address(head: &mut request::Parts, route: &Route, protocol: Protocol) -> bool {
    let upstream = &route.upstream;
    let callers = head.uri.authority().cloned();
    match protocol {
        Protocol::Http1 => {
            if route.host == HostHeader::Upstream {
                head.headers.insert(HOST, upstream.host_value.clone());
            } else if !head.headers.contains_key(HOST) {
                let value = callers.and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
                head.headers.insert(HOST, value.unwrap_or_else(|| upstream.host_value.clone()));
            }
            if head.uri.scheme().is_some() {
                let path = head.uri.path_and_query().cloned();
                head.uri = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
            }
            head.version = Version::HTTP_11;
            true
        }
        Protocol::Http2 => {
            let named = head.headers.remove(HOST).and_then(|host| host.to_str().ok()?.parse().ok());
            let authority = match route.host {
                HostHeader::Upstream => upstream.authority.clone(),
                HostHeader::Preserve => callers.or(named).unwrap_or_else(|| upstream.authority.clone()),
            };
            let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
            let uri = Uri::builder().scheme(upstream.scheme.clone()).authority(authority).path_and_query(path).build();
            match uri {
                Ok(uri) => head.uri = uri,
                Err(_) => return false,
            }
            true
        }
    }
}

enum SendError {
    Dial(DialError),
    /// The request was begun and no answer came.
    Lost {
        error: hyper::Error,
        reused: bool,
    },
}

/// Sends on the caller's connection to the upstream, or on a new one if there is none or it
/// turns out closed before anything was written.
async fn send(
    link: &Link,
    protocol: Protocol,
    mut request: Request<RequestTap>,
    attempt: &mut Attempt,
) -> Result<(Response<Incoming>, Upstream), SendError> {
    let existing = link.upstream().await;
    if let Some(mut upstream) = existing
        && upstream.is_ready().await
    {
        attempt.connected(None, upstream.tls);
        match upstream.send(request).await {
            Ok(response) => return Ok((response, upstream)),
            Err(mut error) => match error.take_message() {
                Some(unsent) => request = unsent,
                None => return Err(SendError::Lost { error: error.into_error(), reused: true }),
            },
        }
    }
    let (mut upstream, connect_ns) = fresh(link, protocol).await.map_err(SendError::Dial)?;
    attempt.connected(connect_ns, upstream.tls);
    match upstream.send(request).await {
        Ok(response) => Ok((response, upstream)),
        Err(error) => Err(SendError::Lost { error: error.into_error(), reused: false }),
    }
}

/// A new connection and the time it took; over HTTP/2 possibly one that another request of
/// the same caller has just made.
async fn fresh(link: &Link, protocol: Protocol) -> Result<(Upstream, Option<u64>), DialError> {
    if protocol == Protocol::Http1 {
        let (upstream, connect_ns) = Upstream::dial(&link.route, protocol).await?;
        return Ok((upstream, Some(connect_ns)));
    }
    let _dialling = link.dialling.lock().await;
    if let Some(mut upstream) = link.upstream().await
        && upstream.is_ready().await
    {
        return Ok((upstream, None));
    }
    let (upstream, connect_ns) = Upstream::dial(&link.route, protocol).await?;
    if let Some(shared) = upstream.share() {
        link.keep(shared).await;
    }
    Ok((upstream, Some(connect_ns)))
}

/// Both directions of an upgraded connection, until both sides closed. `connection` is what
/// the upstream's side comes out of; it must live until then.
async fn tunnel(caller: OnUpgrade, upstream: OnUpgrade, connection: Upstream) {
    let (caller, upstream) = match tokio::try_join!(caller, upstream) {
        Ok(both) => both,
        Err(error) => {
            tracing::debug!(%error, "an upgrade was not completed");
            return;
        }
    };
    drop(connection);
    let copied = tokio::io::copy_bidirectional(&mut TokioIo::new(caller), &mut TokioIo::new(upstream)).await;
    if let Err(error) = copied {
        tracing::debug!(%error, "an upgraded connection broke");
    }
}

fn text(status: StatusCode, message: &str) -> Answer {
    let body = Full::new(Bytes::copy_from_slice(message.as_bytes())).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    response
}
