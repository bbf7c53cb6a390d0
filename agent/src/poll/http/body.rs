//! A page's body.

use std::borrow::Cow;

use crate::clock::now_ns;
use crate::poll::gathering::{Chunk, Gathering};
use crate::poll::json::{JsonColumns, Pointer, PointerError, document, for_each_element, text};

/// Why a body is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// Not JSON.
    #[error("the body is no JSON, or broke off")]
    Json(#[source] serde_json::Error),
    /// Nothing where the items should be.
    #[error("there is no array at {pointer:?} (items)")]
    NoItems {
        /// The pointer.
        pointer: String,
    },
}

/// Where items stand in a body, and what is taken from each.
#[derive(Debug)]
pub(super) struct Items {
    text: String,
    pointer: Pointer,
    next: Option<Pointer>,
    columns: JsonColumns,
}

/// What a page held.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Readings of its items.
    pub(super) chunks: Vec<Chunk>,
    /// Items.
    pub(super) count: u64,
    /// What its body says of the next page.
    pub(super) next: Option<String>,
}

impl Items {
    pub(super) fn new(pointer: &str, next: Option<Pointer>, columns: &[String]) -> Result<Self, PointerError> {
        let columns = JsonColumns::new(columns)?;
        Ok(Self { text: pointer.to_owned(), pointer: Pointer::new(pointer)?, next, columns })
    }

    /// Reads the body of page number `page`.
    pub(super) fn read(&self, body: &[u8], page: u32, gathering: &mut Gathering) -> Result<Page, PageError> {
        let body = document(body).map_err(PageError::Json)?;
        let no_items = || PageError::NoItems { pointer: self.text.clone() };
        let items = self.pointer.find(body).ok_or_else(no_items)?;
        let (mut read, read_at_ns) = (Page::default(), now_ns());
        for_each_element(items, |item| {
            read.count += 1;
            let place = || format!("page {page}, item {}", read.count);
            match self.columns.row(item.get()) {
                Ok(row) => gathering.row(&row, read_at_ns, place),
                Err(error) => gathering.refuse(|| format!("{}: {error}", place())),
            }
            if gathering.is_full() {
                read.chunks.push(gathering.take());
            }
        })
        .map_err(|_| no_items())?;
        read.chunks.push(gathering.take());
        let next = self.next.as_ref().and_then(|next| text(next.find(body)?)).map(Cow::into_owned);
        // Some write nothing as an empty text, some as false.
        read.next = next.filter(|next| !next.is_empty() && next != "false");
        Ok(read)
    }
}
