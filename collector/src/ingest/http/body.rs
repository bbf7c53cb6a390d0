use std::io;

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use super::super::budget::{Overloaded, Reservation};
use super::reply::Refused;
use crate::settings::LimitSettings;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

/// Bytes by which the buffer grows.
const STEP_BYTES: usize = 64 * 1024;

/// Of a body that is refused, so much more is read and thrown away, so that its sender gets
/// to the answer.
const DRAIN_BYTES: usize = 256 * 1024 * 1024;

/// RFC 9659: receivers of `zstd` need not accept windows of more than 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

impl Coding {
    /// The coding that the request says its body is in.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refused> {
        let mut codings = headers.get_all(CONTENT_ENCODING).iter();
        let coding = match (codings.next(), codings.next()) {
            (None, _) => return Ok(Self::Identity),
            (Some(coding), None) => coding.to_str().unwrap_or_default().trim(),
            (Some(_), Some(_)) => "several",
        };
        if coding.is_empty() || coding.eq_ignore_ascii_case("identity") {
            Ok(Self::Identity)
        } else if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            Ok(Self::Gzip)
        } else if coding.eq_ignore_ascii_case("zstd") {
            Ok(Self::Zstd)
        } else {
            let coding = &coding[..coding.floor_char_boundary(80)];
            Err(Refused::unsupported(format!(
                "the content encoding {coding:?} is not supported: send gzip, zstd or none"
            )))
        }
    }
}

/// Why reading stopped short.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("the body is longer than {0} bytes as sent: send smaller batches")]
    Sent(usize),
    #[error("the body is longer than {0} bytes after decompression: send smaller batches")]
    Decompressed(usize),
    #[error(transparent)]
    Overloaded(Overloaded),
}

/// Reads and decompresses the whole body, within the limits at every moment.
pub(super) async fn read(
    request: Request,
    coding: Coding,
    limits: &LimitSettings,
    reservation: &Reservation,
) -> Result<Bytes, Refused> {
    let timeout = limits.request_timeout;
    let reading = tokio::time::timeout(timeout.get(), read_in_time(request, coding, limits, reservation)).await;
    reading.unwrap_or_else(|_| Err(Refused::too_slow(format!("the body did not arrive within {timeout}"))))
}

async fn read_in_time(
    request: Request,
    coding: Coding,
    limits: &LimitSettings,
    reservation: &Reservation,
) -> Result<Bytes, Refused> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let mut sent = request.into_body().into_data_stream().map_err(io::Error::other);
    let limit = limits.request_compressed_bytes;
    let result = if announced.is_some_and(|length| length > limit as u64) {
        Err(stopped(Stop::Sent(limit)))
    } else {
        let bounded = bounded(&mut sent, limit);
        let reader = StreamReader::new(bounded);
        match coding {
            Coding::Identity => collect(reader, limits, reservation).await,
            Coding::Gzip => {
                let mut decoder = GzipDecoder::new(reader);
                decoder.multiple_members(true);
                collect(decoder, limits, reservation).await
            }
            Coding::Zstd => {
                let mut decoder = ZstdDecoder::with_params(reader, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]);
                decoder.multiple_members(true);
                collect(decoder, limits, reservation).await
            }
        }
    };
    match result {
        Ok(body) => Ok(body),
        Err(error) => {
            drain(&mut sent).await;
            Err(refusal(&error, coding))
        }
    }
}

/// The body as sent, with an end to it.
fn bounded<'s>(
    sent: &'s mut (impl Stream<Item = io::Result<Bytes>> + Unpin + Send),
    limit: usize,
) -> impl Stream<Item = io::Result<Bytes>> + Unpin + Send + 's {
    let mut length = 0_usize;
    sent.map(move |chunk| {
        let chunk = chunk?;
        length = length.saturating_add(chunk.len());
        if length > limit { Err(stopped(Stop::Sent(limit))) } else { Ok(chunk) }
    })
}

async fn collect(
    mut reader: impl AsyncRead + Unpin,
    limits: &LimitSettings,
    reservation: &Reservation,
) -> io::Result<Bytes> {
    let limit = limits.request_bytes;
    let mut body = BytesMut::new();
    loop {
        // Paid for before it is there.
        let room = (body.len() + STEP_BYTES).min(limit + 1);
        reservation.grow_to(room.min(limit)).map_err(|overloaded| stopped(Stop::Overloaded(overloaded)))?;
        let mut step = (&mut reader).take((room - body.len()) as u64);
        body.reserve(room - body.len());
        if step.read_buf(&mut body).await? == 0 {
            return Ok(body.freeze());
        }
        if body.len() > limit {
            return Err(stopped(Stop::Decompressed(limit)));
        }
    }
}

async fn drain(sent: &mut (impl Stream<Item = io::Result<Bytes>> + Unpin)) {
    let mut drained = 0;
    while drained < DRAIN_BYTES
        && let Some(Ok(chunk)) = sent.next().await
    {
        drained += chunk.len();
    }
}

fn stopped(stop: Stop) -> io::Error {
    io::Error::other(stop)
}

fn refusal(error: &io::Error, coding: Coding) -> Refused {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Stop>()) {
        Some(Stop::Overloaded(overloaded)) => Refused::overloaded(*overloaded),
        Some(stop) => Refused::too_large(stop.to_string()),
        None => Refused::bad_request(match coding {
            Coding::Identity => format!("the body broke off: {error}"),
            Coding::Gzip => format!("the body is no valid gzip: {error}"),
            Coding::Zstd => format!("the body is no valid zstd: {error}"),
        }),
    }
}
