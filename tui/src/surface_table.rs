//! How handoffs are done as a table, for a screen or a report.

use std::cmp::{Ordering, Reverse};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ordertrace_api::journey::Observer;
use ordertrace_api::surface::{HandoffAccess, SurfaceSummary};

use crate::text::{Line, Tone, coarse, date_clock, fit, fit_end, ns_between, pad, width};

const MARK: usize = 2;
const AUTH: usize = 9;
const TLS: usize = 7;
const CALLS: usize = 7;
const LAST: usize = 5;

/// What is not said.
const UNSAID: &str = "?";

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SurfaceSort {
    /// What lacks encryption and a credential first, then what lacks either, as the collector sorts.
    #[default]
    Protection,
    /// By name.
    Handoff,
    /// By scheme of authentication; what nobody says last.
    Auth,
    /// By TLS state; what nobody says last.
    Tls,
    /// By endpoint; what nobody says last.
    Endpoint,
    /// The most calls first.
    Calls,
    /// The latest call first.
    Last,
}

impl SurfaceSort {
    /// All, in the order of the columns.
    pub const ALL: [Self; 7] =
        [Self::Protection, Self::Handoff, Self::Auth, Self::Tls, Self::Endpoint, Self::Calls, Self::Last];

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        Self::ALL.get(at + 1).copied().unwrap_or_default()
    }

    /// The heading of its column; that of the marks has none.
    pub fn name(self) -> &'static str {
        match self {
            Self::Protection => "",
            Self::Handoff => "HANDOFF",
            Self::Auth => "AUTH",
            Self::Tls => "TLS",
            Self::Endpoint => "ENDPOINT",
            Self::Calls => "CALLS",
            Self::Last => "LAST",
        }
    }

    /// Which of two comes first.
    pub fn compare(self, one: &HandoffAccess, other: &HandoffAccess) -> Ordering {
        fn said(text: &Option<String>) -> (bool, &Option<String>) {
            (text.is_none(), text)
        }
        match self {
            Self::Protection => Reverse(bareness(one)).cmp(&Reverse(bareness(other))),
            Self::Handoff => handoff(one).cmp(&handoff(other)),
            Self::Auth => said(&one.auth).cmp(&said(&other.auth)),
            Self::Tls => said(&one.tls).cmp(&said(&other.tls)),
            Self::Endpoint => said(&one.endpoint).cmp(&said(&other.endpoint)),
            Self::Calls => other.calls.cmp(&one.calls),
            Self::Last => other.last_seen.cmp(&one.last_seen),
        }
    }
}

/// Whether it lacks encryption, a credential, or both: 0 to 2.
pub fn bareness(way: &HandoffAccess) -> u8 {
    u8::from(way.is_plaintext()) + u8::from(way.is_unauthenticated())
}

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

    /// The names of the columns; the one sorted by bears the mark.
    pub fn heading(self, sorted: Option<(SurfaceSort, char)>) -> Line {
        let name = |column: SurfaceSort| match sorted {
            Some((by, mark)) if by == column => (Tone::Title, format!("{}{mark}", column.name())),
            _ => (Tone::Dim, column.name().to_owned()),
        };
        let [protection, cells @ ..] = SurfaceSort::ALL.map(name);
        self.line((protection.0, &protection.1), cells)
    }

    /// One way of a handoff: marked `!` where it is not encrypted or bears no credential, `!!` where both.
    pub fn row(self, way: &HandoffAccess, now: Timestamp) -> Line {
        let mark = match bareness(way) {
            0 => (Tone::Plain, ""),
            1 => (Tone::Warning, "!"),
            _ => (Tone::Error, "!!"),
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

/// All that is known of a way, and of the other ways of the same handoff, in lines of at most `columns`.
pub fn way_detail(way: &HandoffAccess, others: &[&HandoffAccess], zone: &TimeZone, columns: usize) -> Vec<Line> {
    const NAME: usize = 15;
    let named = |name: &str, tone: Tone, text: String| Line::of(Tone::Dim, pad(name, NAME)).and(tone, text);
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "nobody says".to_owned());
    let auth = match way.is_unauthenticated() {
        true => (Tone::Warning, "none: whoever reaches the endpoint can ask the same".to_owned()),
        false => (Tone::Plain, said(&way.auth)),
    };
    let tls = match way.is_plaintext() {
        true => (Tone::Warning, "none: whoever is on the way can read it".to_owned()),
        false => (Tone::Plain, said(&way.tls)),
    };
    let told_by = match way.observer {
        Observer::Proxy => "the proxy beside the sender",
        Observer::Client | Observer::Producer => "the sender",
        Observer::Server | Observer::Consumer => "the receiver, which does not know what stands before it",
    };
    let mut lines = vec![
        named("authentication", auth.0, auth.1),
        named("encryption", tls.0, tls.1),
        named("endpoint", Tone::Plain, said(&way.endpoint)),
        named("calls", Tone::Plain, format!("{}, the last {}", way.calls, date_clock(way.last_seen, zone))),
        named("told by", Tone::Plain, told_by.to_owned()),
    ];
    for (at, other) in others.iter().enumerate() {
        let tone = if bareness(other) > 0 { Tone::Warning } else { Tone::Plain };
        let unsaid = |text: &Option<String>| text.clone().unwrap_or_else(|| UNSAID.to_owned());
        let (auth, tls, endpoint) = (unsaid(&other.auth), unsaid(&other.tls), unsaid(&other.endpoint));
        let text = format!("auth {auth}, TLS {tls}, {endpoint}, {} calls", other.calls);
        lines.push(named(if at == 0 { "also done" } else { "" }, tone, text));
    }
    lines.into_iter().map(|line| line.cut(columns)).collect()
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

    #[test]
    fn each_column_sorts() {
        let mut sort = SurfaceSort::default();
        for _ in SurfaceSort::ALL {
            let mut rows = sample::surface().rows;
            rows.sort_by(|one, other| sort.compare(one, other));
            let last = rows.last().unwrap();
            match sort {
                SurfaceSort::Auth => assert_eq!((rows[0].auth.as_deref(), &last.auth), (Some("api-key"), &None)),
                SurfaceSort::Tls => assert_eq!((rows[0].tls.as_deref(), &last.tls), (Some("TLSv1.2"), &None)),
                SurfaceSort::Endpoint => assert_eq!(rows[0].endpoint.as_deref(), Some("http://10.20.0.14:8000")),
                SurfaceSort::Calls => assert_eq!((rows[0].calls, last.calls), (1_250_000, 9)),
                SurfaceSort::Protection => assert_eq!((bareness(&rows[0]), bareness(last)), (2, 0)),
                SurfaceSort::Handoff => assert_eq!(handoff(last), "→storefront POST /webhooks"),
                SurfaceSort::Last => assert!(rows[0].last_seen >= last.last_seen),
            }
            sort = sort.next();
        }
        assert_eq!(sort, SurfaceSort::default(), "round");
    }
}
