//! Which page is next.

use reqwest::Url;

use super::link::next_target;
use super::setup::HttpSetupError;
use crate::poll::config::Pagination;
use crate::poll::json::Pointer;

/// Longest URL of a page.
const URL_BYTES: usize = 8 * 1024;

/// Why there is no next page although one was named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NextError {
    /// Not a URL.
    #[error("the next page's URL cannot be read, or is longer than 8 KiB")]
    NoUrl,
    /// Somebody else's.
    #[error("the next page is on another host ({host}), which is not asked: credentials would go there")]
    Elsewhere {
        /// Where.
        host: String,
    },
    /// A number beyond all numbers.
    #[error("the number of the next page cannot be counted")]
    Number,
}

/// How one comes from page to page.
#[derive(Clone, Debug)]
pub(super) struct Pager {
    pagination: Pagination,
    next: Option<Pointer>,
}

impl Pager {
    pub(super) fn new(pagination: &Pagination) -> Result<Self, HttpSetupError> {
        let next = match pagination {
            Pagination::Token(token) => Some(Pointer::new(&token.next)?),
            _ => None,
        };
        Ok(Self { pagination: pagination.clone(), next })
    }

    /// Where the body names the next page.
    pub(super) fn pointer(&self) -> Option<Pointer> {
        self.next.clone()
    }

    /// The first page, of which `url` is configured.
    pub(super) fn first(&self, url: Url) -> Url {
        match &self.pagination {
            Pagination::Page(pages) => with(&url, &pages.parameter, &pages.first.to_string()),
            Pagination::Offset(offset) if value(&url, &offset.parameter).is_none() => {
                with(&url, &offset.parameter, "0")
            }
            _ => url,
        }
    }

    /// The page after `url`, which had `count` items, named `token` in its body and had the
    /// header `Link`.
    pub(super) fn next(
        &self,
        url: &Url,
        count: u64,
        token: Option<&str>,
        link: Option<&str>,
    ) -> Result<Option<Url>, NextError> {
        let next = match &self.pagination {
            Pagination::None => None,
            Pagination::Link => {
                link.and_then(next_target).map(|target| url.join(target)).transpose().map_err(no_url)?
            }
            // A server may give fewer items than it is asked for: only an empty page is the last.
            Pagination::Page(_) | Pagination::Offset(_) if count == 0 => None,
            Pagination::Page(pages) => Some(advanced(url, &pages.parameter, 1)?),
            Pagination::Offset(offset) => Some(advanced(url, &offset.parameter, count)?),
            Pagination::Token(config) => match (token, &config.parameter) {
                (None, _) => None,
                (Some(token), Some(parameter)) => Some(with(url, parameter, token)),
                (Some(token), None) => Some(url.join(token).map_err(no_url)?),
            },
        };
        next.map(|next| allowed(url, next)).transpose()
    }
}

fn no_url(_: impl Sized) -> NextError {
    NextError::NoUrl
}

/// Only pages of the same scheme, host and port are.
fn allowed(from: &Url, next: Url) -> Result<Url, NextError> {
    if next.as_str().len() > URL_BYTES {
        return Err(NextError::NoUrl);
    }
    let is_same = next.origin() == from.origin() && next.username().is_empty() && next.password().is_none();
    match is_same {
        true => Ok(next),
        false => Err(NextError::Elsewhere { host: next.host_str().unwrap_or_default().to_owned() }),
    }
}

fn value(url: &Url, parameter: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == parameter).map(|(_, value)| value.into_owned())
}

fn advanced(url: &Url, parameter: &str, by: u64) -> Result<Url, NextError> {
    let number = value(url, parameter).and_then(|number| number.parse::<u64>().ok()?.checked_add(by));
    Ok(with(url, parameter, &number.ok_or(NextError::Number)?.to_string()))
}

/// `url` with a query parameter in the place of all of its name.
fn with(url: &Url, parameter: &str, value: &str) -> Url {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != parameter)
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(parameter, value);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::config::{NextToken, OffsetPages, Pages};

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn pager(pagination: &Pagination) -> Pager {
        Pager::new(pagination).unwrap()
    }

    fn token(parameter: Option<&str>) -> Pager {
        let parameter = parameter.map(str::to_owned);
        pager(&Pagination::Token(NextToken { next: "/next".to_owned(), parameter }))
    }

    fn next(
        pager: &Pager,
        from: &str,
        count: u64,
        token: Option<&str>,
        link: Option<&str>,
    ) -> Result<String, NextError> {
        pager.next(&url(from), count, token, link).map(|url| url.map(String::from).unwrap_or_default())
    }

    #[test]
    fn the_four_kinds() {
        let pages = pager(&Pagination::Page(Pages { parameter: "p".to_owned(), first: 1 }));
        assert_eq!(pages.first(url("http://a/x?size=2&p=9")).as_str(), "http://a/x?size=2&p=1");
        assert_eq!(next(&pages, "http://a/x?p=1&size=2", 2, None, None).unwrap(), "http://a/x?size=2&p=2");
        assert_eq!(next(&pages, "http://a/x?p=2&size=2", 0, None, None).unwrap(), "");
        let offset = pager(&Pagination::Offset(OffsetPages { parameter: "skip".to_owned() }));
        assert_eq!(offset.first(url("http://a/x")).as_str(), "http://a/x?skip=0");
        assert_eq!(next(&offset, "http://a/x?skip=4", 3, None, None).unwrap(), "http://a/x?skip=7");
        assert_eq!(
            next(&token(Some("after")), "http://a/x", 1, Some("a/b c"), None).unwrap(),
            "http://a/x?after=a%2Fb+c"
        );
        assert_eq!(next(&token(None), "http://a/x?y=1", 1, Some("/x?y=2"), None).unwrap(), "http://a/x?y=2");
        assert_eq!(next(&token(None), "http://a/x?y=1", 1, None, None).unwrap(), "");
        let link = pager(&Pagination::Link);
        assert_eq!(next(&link, "http://a/x", 1, None, Some("<?page=2>; rel=next")).unwrap(), "http://a/x?page=2");
        assert_eq!(next(&link, "http://a/x", 1, None, None).unwrap(), "");
        assert_eq!(next(&pager(&Pagination::None), "http://a/x", 9, None, None).unwrap(), "");
    }

    #[test]
    fn no_other_host_is_asked() {
        for target in ["http://b/x", "https://a/x", "http://a:81/x", "//b/x", "http://me@a/x", "file:///etc/passwd"] {
            let told = next(&token(None), "http://a/x", 1, Some(target), None);
            assert!(matches!(told, Err(NextError::Elsewhere { .. })), "{target}: {told:?}");
        }
        assert_eq!(
            next(&token(None), "http://a/", 1, Some(&format!("/{}", "x".repeat(9000))), None),
            Err(NextError::NoUrl)
        );
        let offset = pager(&Pagination::Offset(OffsetPages { parameter: "skip".to_owned() }));
        assert_eq!(next(&offset, "http://a/?skip=18446744073709551615", 1, None, None), Err(NextError::Number));
        assert_eq!(next(&offset, "http://a/?skip=x", 1, None, None), Err(NextError::Number));
    }

    proptest::proptest! {
        #[test]
        fn no_next_leaves_the_host(target in "\\PC{0,30}|(https?:)?//?[ab@:/?#.\\\\]{0,20}") {
            for parameter in [None, Some("after")] {
                let from = url("http://a/x");
                if let Ok(Some(next)) = token(parameter).next(&from, 1, Some(&target), None) {
                    proptest::prop_assert_eq!(next.origin(), from.origin());
                }
            }
        }
    }
}
