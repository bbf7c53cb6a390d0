//! Reading a request's body: decompressed, bounded, within a budget that all requests share.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio_util::io::StreamReader;

use super::LIMIT_BYTES;

/// Window of zstd frames that are read: 8 MiB, the most that RFC 8878 asks every decoder for.
const ZSTD_WINDOW_LOG: u32 = 23;

/// A body's compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" | "none" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body is longer than {LIMIT_BYTES} bytes after decompression; send smaller batches")]
    TooLong,
    #[error("all memory for requests is in use")]
    Busy,
    #[error("the body broke off or is not compressed as declared")]
    Broken(#[source] io::Error),
}

/// Memory that the bodies of all requests share.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    used_bytes: Arc<AtomicUsize>,
    limit_bytes: usize,
}

/// A share of the budget, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { used_bytes: Arc::default(), limit_bytes }
    }

    fn share(&self) -> Share {
        Share { budget: self.clone(), bytes: 0 }
    }
}

impl Share {
    fn grow(&mut self, bytes: usize) -> Result<(), BodyError> {
        let before = self.budget.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes > self.budget.limit_bytes { Err(BodyError::Busy) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Reads all of `body`. The share stands for the memory of what is returned.
pub(super) async fn read(body: axum::body::Body, coding: Coding, budget: &Budget) -> Result<(Bytes, Share), BodyError> {
    let stream = body.into_data_stream().map_err(io::Error::other);
    let reader = BufReader::new(StreamReader::new(stream));
    match coding {
        Coding::Identity => read_bounded(reader, budget).await,
        Coding::Gzip => read_bounded(GzipDecoder::new(reader), budget).await,
        Coding::Zstd => {
            let window = [DParameter::window_log_max(ZSTD_WINDOW_LOG)];
            read_bounded(ZstdDecoder::with_params(reader, &window), budget).await
        }
    }
}

async fn read_bounded(mut reader: impl AsyncRead + Unpin, budget: &Budget) -> Result<(Bytes, Share), BodyError> {
    let mut share = budget.share();
    let mut bytes = BytesMut::new();
    loop {
        if bytes.len() == bytes.capacity() {
            let more = bytes.len().clamp(16 * 1024, 4 * 1024 * 1024);
            share.grow(more)?;
            bytes.reserve(more);
        }
        if reader.read_buf(&mut bytes).await.map_err(BodyError::Broken)? == 0 {
            return Ok((bytes.freeze(), share));
        }
        if bytes.len() > LIMIT_BYTES {
            return Err(BodyError::TooLong);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn read_from(bytes: Vec<u8>, coding: Coding, budget: &Budget) -> Result<Bytes, BodyError> {
        read(axum::body::Body::from(bytes), coding, budget).await.map(|(bytes, _)| bytes)
    }

    #[tokio::test]
    async fn every_coding_is_undone() {
        let budget = Budget::new(1 << 30);
        let plain = vec![b'x'; 100_000];
        let zstd = zstd::encode_all(&plain[..], 3).unwrap();
        assert_eq!(read_from(plain.clone(), Coding::Identity, &budget).await.unwrap(), plain);
        assert_eq!(read_from(gzip(&plain), Coding::Gzip, &budget).await.unwrap(), plain);
        assert_eq!(read_from(zstd, Coding::Zstd, &budget).await.unwrap(), plain);
        assert_eq!(budget.used_bytes.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn bombs_are_refused_at_the_limit_and_give_their_memory_back() {
        let budget = Budget::new(1 << 30);
        let bomb = gzip(&vec![0; LIMIT_BYTES + 1]);
        assert!(matches!(read_from(bomb, Coding::Gzip, &budget).await, Err(BodyError::TooLong)));
        let small = Budget::new(1 << 20);
        assert!(matches!(read_from(vec![0; 2 << 20], Coding::Identity, &small).await, Err(BodyError::Busy)));
        assert!(matches!(read_from(b"no gzip".to_vec(), Coding::Gzip, &small).await, Err(BodyError::Broken(_))));
        assert_eq!(small.used_bytes.load(Ordering::Relaxed), 0);
    }
}
