//! What was found beside what is true.

use std::collections::BTreeMap;
use std::fmt;

use jiff::SignedDuration;
use ordertrace_api::finding::Finding;
use ordertrace_shop::days::{Expected, Subject, Wrong};

/// From when a fault can be known until it is found.
const FOUND_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// Differences that are shown.
const SHOWN: usize = 20;

/// The outcome of a seed.
#[derive(Debug, Default)]
pub(super) struct Compared {
    found: usize,
    missing: Vec<String>,
    extra: Vec<String>,
    late: Vec<String>,
    latest: SignedDuration,
}

impl Compared {
    /// Whether all findings are those that are true, and each was found in time.
    pub(super) fn agrees(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.late.is_empty()
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} findings as expected, {} missing, {} extra, {} late, latest after {:#}",
            self.found,
            self.missing.len(),
            self.extra.len(),
            self.late.len(),
            self.latest
        )?;
        for (what, list) in [("missing", &self.missing), ("extra", &self.extra), ("late", &self.late)] {
            for line in list.iter().take(SHOWN) {
                write!(f, "\n  {what}: {line}")?;
            }
        }
        Ok(())
    }
}

/// What a finding is about.
fn subject(finding: &Finding) -> Subject {
    match &finding.order {
        Some(order) => Subject::Order(order.clone()),
        None => Subject::System(finding.system.clone().unwrap_or_default()),
    }
}

/// Holds them against each other.
pub(super) fn compare(expected: &[Expected], found: &[Finding]) -> Compared {
    let mut left: BTreeMap<(Subject, Wrong), Vec<&Finding>> = BTreeMap::new();
    for finding in found {
        let wrong = Wrong { kind: finding.kind, state: finding.state };
        left.entry((subject(finding), wrong)).or_default().push(finding);
    }
    let mut compared = Compared::default();
    for expected in expected {
        let Some(finding) = left.get_mut(&(expected.subject.clone(), expected.wrong)).and_then(Vec::pop) else {
            compared.missing.push(format!("{:?} {:?}", expected.subject, expected.wrong));
            continue;
        };
        compared.found += 1;
        if let Some(knowable_at) = expected.knowable_at {
            let after = finding.opened_at.duration_since(knowable_at);
            compared.latest = compared.latest.max(after);
            if after > FOUND_WITHIN {
                let line = format!("{:?} {:?} after {after:#}", expected.subject, expected.wrong);
                compared.late.push(line);
            }
        }
    }
    compared.extra = left
        .into_values()
        .flatten()
        .map(|finding| {
            format!(
                "{:?} {} {:?}: {} ({}) since {} {}",
                subject(finding),
                finding.kind.name(),
                finding.state,
                finding.says,
                finding.rule,
                finding.since,
                finding.closed_because
            )
        })
        .collect();
    compared
}
