//! How handoffs are done as a table, for a screen or a report.

use jiff::Timestamp;
use ordertrace_api::surface::{HandoffAccess, SurfaceSummary};

use crate::text::{Line, Tone, coarse, fit, fit_end, ns_between, pad, width};

const MARK: usize = 2;
const AUTH: usize = 9;
const TLS: usize = 7;
const CALLS: usize = 7;
const LAST: usize = 5;

/// What is not said.
const UNSAID: &str = "?";

/// How the columns of the table share its width. A column of 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurfaceColumns {
    handoff: usize,
    auth: usize,
    tls: usize,
    endpoint: usize,
    calls: usize,
    last: usize,
}

impl SurfaceColumns {
    /// Shares out `columns`: which handoff, and how, come first.
    pub fn of(columns: usize) -> Self {
        let wide = columns >= 100;
        let mut free = columns.saturating_sub(MARK + 1);
        let [auth, tls] = [AUTH, TLS].map(|wanted| take(&mut free, if columns >= 40 { wanted } else { 0 }));
        let calls = take(&mut free, if columns >= 64 { CALLS } else { 0 });
        let last = take(&mut free, if wide { LAST } else { 0 });
        let endpoint = free * 2 / 5;
        let endpoint = take(&mut free, if columns >= 64 { endpoint } else { 0 });
        Self { handoff: free, auth, tls, endpoint, calls, last }
    }

    fn line(self, mark: (Tone, &str), cells: [(Tone, String); 6]) -> Line {
        let [handoff, auth, tls, endpoint, calls, last] = cells;
        let mut line = Line::of(mark.0, pad(mark.1, MARK));
        line.push(Tone::Plain, " ");
        line.push(handoff.0, pad(&handoff.1, self.handoff));
        for ((tone, text), columns) in [(auth, self.auth), (tls, self.tls), (endpoint, self.endpoint)] {
            if columns > 0 {
                line.push(Tone::Plain, " ");
                line.push(tone, pad(&text, columns));
            }
        }
        for ((tone, text), columns) in [(calls, self.calls), (last, self.last)] {
            if columns > 0 {
                line.push(tone, format!(" {text:>columns$}", text = fit_end(&text, columns)));
            }
        }
        line
    }

    /// The names of the columns.
    pub fn heading(self) -> Line {
        let names = ["HANDOFF", "AUTH", "TLS", "ENDPOINT", "CALLS", "LAST"];
        self.line((Tone::Dim, ""), names.map(|name| (Tone::Dim, name.to_owned())))
    }

    /// One way of a handoff: marked `!` where it is not encrypted or bears no credential, `!!` where both.
    pub fn row(self, way: &HandoffAccess, now: Timestamp) -> Line {
        let mark = match (way.is_plaintext(), way.is_unauthenticated()) {
            (true, true) => (Tone::Error, "!!"),
            (true, false) | (false, true) => (Tone::Warning, "!"),
            (false, false) => (Tone::Plain, ""),
        };
        let said = |text: &Option<String>, bare: bool| match text {
            Some(text) if bare => (Tone::Warning, text.clone()),
            Some(text) => (Tone::Plain, text.clone()),
            None => (Tone::Dim, UNSAID.to_owned()),
        };
        self.line(
            mark,
            [
                (Tone::Strong, handoff(way)),
                said(&way.auth, way.is_unauthenticated()),
                said(&way.tls, way.is_plaintext()),
                (Tone::Plain, endpoint(way, self.endpoint)),
                (Tone::Plain, way.calls.to_string()),
                (Tone::Dim, coarse(ns_between(way.last_seen, now))),
            ],
        )
    }
}

/// Without the scheme where there is no room for it: the column beside it tells of the encryption.
fn endpoint(way: &HandoffAccess, columns: usize) -> String {
    let whole = way.endpoint.as_deref().unwrap_or(UNSAID);
    let address = whole.split_once("://").map_or(whole, |(_, address)| address);
    fit(if width(whole) > columns { address } else { whole }, columns)
}

/// `wanted` columns and a blank before them, if so many are free.
fn take(free: &mut usize, wanted: usize) -> usize {
    if wanted == 0 || *free <= wanted {
        return 0;
    }
    *free -= wanted + 1;
    wanted
}

/// `oms→erp POST /documents`.
pub fn handoff(way: &HandoffAccess) -> String {
    format!("{}→{} {}", way.from.as_deref().unwrap_or_default(), way.to, way.operation)
}

/// `3 authentication schemes over 5 endpoints: api-key, basic, bearer`, and what is bare.
pub fn summary_texts(summary: &SurfaceSummary) -> [String; 2] {
    let count = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let schemes = summary.auth_schemes.len() as u64;
    let mut first = format!(
        "{} over {}",
        count(schemes, "authentication scheme", "authentication schemes"),
        count(summary.endpoints, "endpoint", "endpoints")
    );
    if !summary.auth_schemes.is_empty() {
        first.push_str(&format!(": {}", summary.auth_schemes.join(", ")));
    }
    let second = format!(
        "{}: {} not encrypted, {} without credentials, {} nobody tells how",
        count(summary.handoffs, "handoff", "handoffs"),
        summary.plaintext,
        summary.unauthenticated,
        summary.auth_unknown
    );
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_as_wide_as_the_screen() {
        for columns in MARK + 1..200 {
            for way in sample::surface().rows {
                let line = SurfaceColumns::of(columns).row(&way, sample::now());
                assert_eq!(line.width(), columns, "{:?}", line.text());
            }
        }
    }
}
