//! HTTP APIs that answer JSON, page by page.
//!
//! - A page that the server calls unchanged (304) is not read again; where it led to is
//!   remembered with its validators. What is remembered of a page is so only after the spool
//!   took what was on it.
//! - A page that cannot be had fails the poll: the pages before it were read, those behind it
//!   not, and it is said so. The next poll begins at the first page.
//! - Pages of other origins, loops and endless lists are refused: they are no pages of this list.

mod body;
mod budget;
mod client;
mod link;
mod pages;
mod retry;
mod setup;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use body::{Items, PageError};
use client::{Client, Fetched};
pub use setup::HttpSetupError;

use super::config::HttpConfig;
use super::error::PollError;
use super::gathering::{Gathering, Outlet};
use super::report::Left;
use super::state::Progress;
use pages::{NextError, Pager};

/// What went wrong with an API. The next poll tries again.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    /// No answer.
    #[error("page {page}: no answer")]
    Unreachable {
        /// Which page, counted from 1.
        page: u32,
        /// Why not; without the URL, which may hold a token.
        source: reqwest::Error,
    },
    /// An answer that is none.
    #[error("page {page}: HTTP {status}{}", advice(*.status))]
    Status {
        /// Which page.
        page: u32,
        /// What was answered.
        status: u16,
    },
    /// The server asks for a pause that this poll does not have.
    #[error(
        "page {page}: the server asks to wait {wait_s} s (HTTP {status}); it is not asked before that, and requests_per_minute may be too high"
    )]
    Limited {
        /// Which page.
        page: u32,
        /// What was answered.
        status: u16,
        /// How long.
        wait_s: u64,
    },
    /// It asked for a pause that is not over.
    #[error("the server asked to wait {wait_s} s more")]
    Waiting {
        /// How long.
        wait_s: u64,
    },
    /// Too long.
    #[error("page {page} is longer than {limit_bytes} bytes (page_limit_bytes); ask for smaller pages")]
    TooLong {
        /// Which page.
        page: u32,
        /// The limit.
        limit_bytes: usize,
    },
    /// Too many.
    #[error("more than {limit} pages (pages_limit); ask for larger pages, or raise it")]
    TooManyPages {
        /// The limit.
        limit: u32,
    },
    /// It goes round.
    #[error("page {page} leads back to a page before it; is the pagination as configured?")]
    Loop {
        /// Which page.
        page: u32,
    },
    /// A next page that is none.
    #[error("page {page}")]
    Next {
        /// Which page.
        page: u32,
        /// Why.
        source: NextError,
    },
    /// A page that is not as configured.
    #[error("page {page}")]
    Page {
        /// Which page.
        page: u32,
        /// Why.
        source: PageError,
    },
    /// Reading a page was lost.
    #[error("page {page}: reading it ended by a fault")]
    Fault {
        /// Which page.
        page: u32,
        /// How.
        source: tokio::task::JoinError,
    },
}

fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => ": it leads elsewhere; write the URL that it leads to",
        401 | 403 => ": are the credentials right, and may they read this?",
        404 | 410 => ": is the URL right?",
        _ => "",
    }
}

/// What is known of pages that were read, by URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PageMarks(BTreeMap<String, PageMark>);

/// What is known of a page that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PageMark {
    /// `ETag`
    pub etag: Option<String>,
    /// `Last-Modified`
    pub modified: Option<String>,
    /// The next page's URL; none behind the last.
    pub next: Option<String>,
}

/// An API that is polled.
#[derive(Debug)]
pub(super) struct HttpSource {
    client: Client,
    first: Url,
    pager: Pager,
    items: Arc<Items>,
    pages_limit: u32,
}

impl HttpSource {
    /// Reads all pages.
    ///
    /// # Errors
    /// [`PollError`]; what came before it is in the spool.
    pub(super) async fn read(
        &mut self,
        progress: &mut Progress,
        mut gathering: Gathering,
        outlet: &mut Outlet,
        deadline: Instant,
    ) -> Result<Left, PollError> {
        if !matches!(progress, Progress::Pages(_)) {
            *progress = Progress::Pages(PageMarks::default());
        }
        let Progress::Pages(PageMarks(marks)) = progress else { return Ok(Left::Complete) };
        let headers = self.client.headers()?;
        let (mut url, mut page, mut before, mut seen) = (self.first.clone(), 1, None, BTreeSet::new());
        loop {
            if page > self.pages_limit {
                return Err(HttpError::TooManyPages { limit: self.pages_limit }.into());
            }
            if !seen.insert(url.to_string()) {
                return Err(HttpError::Loop { page: page - 1 }.into());
            }
            let mark = marks.get(url.as_str());
            let next = match self.client.get(page, &url, &headers, mark, deadline).await? {
                Fetched::Unchanged => mark.and_then(|mark| mark.next.clone()),
                Fetched::Page(fetched) => {
                    let digest = crc32fast::hash(&fetched.body);
                    let items = Arc::clone(&self.items);
                    let read = tokio::task::spawn_blocking(move || {
                        let read = items.read(&fetched.body, page, &mut gathering);
                        (read, gathering, fetched)
                    });
                    let (read, back, fetched) = read.await.map_err(|source| HttpError::Fault { page, source })?;
                    gathering = back;
                    let read = read.map_err(|source| HttpError::Page { page, source })?;
                    for chunk in read.chunks {
                        outlet.store(chunk).await?;
                    }
                    if read.count > 0 && before == Some((read.count, digest)) {
                        return Err(HttpError::Loop { page }.into());
                    }
                    before = Some((read.count, digest));
                    let next = self.pager.next(&url, read.count, read.next.as_deref(), fetched.link.as_deref());
                    let next = next.map_err(|source| HttpError::Next { page, source })?.map(String::from);
                    if fetched.etag.is_some() || fetched.modified.is_some() {
                        let mark = PageMark { etag: fetched.etag, modified: fetched.modified, next: next.clone() };
                        marks.insert(url.to_string(), mark);
                    } else {
                        marks.remove(url.as_str());
                    }
                    next
                }
            };
            let Some(next) = next else { break };
            // It was a URL when it was written down.
            url = Url::parse(&next).map_err(|_| HttpError::Next { page, source: NextError::NoUrl })?;
            page += 1;
        }
        marks.retain(|url, _| seen.contains(url));
        Ok(Left::Complete)
    }
}

impl HttpSource {
    /// An API with `columns` that is polled for at most `timeout`.
    ///
    /// # Errors
    /// [`HttpSetupError`]
    pub(super) fn new(
        config: &HttpConfig,
        columns: &[String],
        timeout: std::time::Duration,
    ) -> Result<Self, HttpSetupError> {
        let first = setup::url(&config.url)?;
        let pager = Pager::new(&config.pagination)?;
        Ok(Self {
            client: Client::new(config, timeout)?,
            first: pager.first(first),
            items: Arc::new(Items::new(&config.items, pager.pointer(), columns)?),
            pager,
            pages_limit: config.pages_limit,
        })
    }
}
