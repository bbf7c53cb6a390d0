use jiff::{SignedDuration, Timestamp};
use ordertrace_api::finding::{DetectionProgress, Finding, FindingState, FindingsPage, FindingsQuery, Severity};
use ordertrace_api::journey::Journey;

use super::{Cursor, Poll, TextFilter};
use crate::cli::Range;
use crate::findings_table::behind;

/// More findings than anybody reads; the worst come first.
const LIMIT: u32 = 500;
const EVERY: SignedDuration = SignedDuration::from_secs(2);

/// How many findings hold, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Severities {
    /// Money or goods are being lost.
    pub critical: usize,
    /// Somebody should look at it today.
    pub warning: usize,
    /// Good to know.
    pub info: usize,
    /// Whether the collector has more than these.
    pub more: bool,
}

/// What is wrong. Asked for whatever is on the screen: the orders list and an order show of it
/// what concerns them.
#[derive(Clone, Debug)]
pub struct FindingsScreen {
    /// The findings of the table, in the collector's order.
    pub shown: Vec<Finding>,
    /// How many hold, by severity.
    pub tally: Severities,
    /// When those of the table came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// Whether those that ceased to hold are shown too.
    pub all: bool,
    /// Whether the table stands still. What else depends on findings does not.
    pub paused: bool,
    /// What kind, order, system or sentence must contain.
    pub filter: TextFilter,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// Whether detection is so far behind that there being no finding means nothing.
    pub behind: bool,
    /// How far detection had come.
    pub progress: DetectionProgress,
    /// When to ask again.
    pub poll: Poll,
    range: Range,
    /// Those that hold, as of the last answer.
    open: Vec<Finding>,
    /// What the table is made of.
    listed: Vec<Finding>,
    chosen: Option<String>,
}

impl FindingsScreen {
    /// Nothing known yet.
    pub(super) fn new(range: Range, now: Timestamp) -> Self {
        Self {
            shown: Vec::new(),
            tally: Severities::default(),
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            all: false,
            paused: false,
            filter: TextFilter::default(),
            trouble: None,
            behind: false,
            progress: DetectionProgress::default(),
            poll: Poll::new(EVERY, now),
            range,
            open: Vec::new(),
            listed: Vec::new(),
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> FindingsQuery {
        FindingsQuery {
            since: self.range.since.map(|since| since.resolve(now)),
            until: self.range.until.map(|until| until.resolve(now)),
            state: (!self.all).then_some(FindingState::Open),
            limit: Some(LIMIT),
            ..FindingsQuery::default()
        }
    }

    /// Takes in an answer.
    pub fn receive(&mut self, page: FindingsPage, now: Timestamp) {
        self.trouble = None;
        self.progress = page.progress;
        self.behind = behind(&page.progress, now).is_some();
        self.open = page.findings.iter().filter(|finding| holds(finding)).cloned().collect();
        let count = |severity| self.open.iter().filter(|finding| finding.severity == severity).count();
        self.tally = Severities {
            critical: count(Severity::Critical),
            warning: count(Severity::Warning),
            info: count(Severity::Info),
            // Those that hold come first: where one that does not came, they all did.
            more: page.more && self.open.len() == page.findings.len(),
        };
        if !self.paused {
            self.more = page.more;
            self.listed = page.findings;
            self.received_at = Some(now);
            self.arrange();
        }
    }

    /// Filters again; the chosen finding stays chosen wherever it goes.
    pub fn arrange(&mut self) {
        let admits = |finding: &&Finding| (self.all || holds(finding)) && says(finding, &self.filter);
        self.shown = self.listed.iter().filter(admits).cloned().collect();
        let chosen = self.chosen.as_ref();
        self.cursor.follow(&self.shown, |finding| Some(&finding.id) == chosen);
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.shown.len());
        self.chosen = self.selected().map(|finding| finding.id.clone());
    }

    /// The chosen finding.
    pub fn selected(&self) -> Option<&Finding> {
        self.shown.get(self.cursor.at)
    }

    /// Those that hold, the worst first.
    pub fn open(&self) -> &[Finding] {
        &self.open
    }

    /// The worst of those that hold.
    pub fn worst(&self) -> Option<&Finding> {
        self.open.first()
    }

    /// Whether there is anything to be said of findings where they are not the subject: some
    /// hold, or nobody knows.
    pub fn matters(&self) -> bool {
        !self.open.is_empty() || self.trouble.is_some() || self.behind
    }

    /// Those that hold and are about this order, the worst first.
    pub fn of_journey<'a>(&'a self, journey: &'a Journey) -> impl Iterator<Item = &'a Finding> {
        self.open.iter().filter(|finding| {
            finding.order.as_ref().is_some_and(|order| {
                *order == journey.id || journey.keys.iter().any(|journey_key| journey_key.key == *order)
            })
        })
    }
}

fn holds(finding: &Finding) -> bool {
    finding.state == FindingState::Open
}

/// Whether its row says what is wanted.
fn says(finding: &Finding, filter: &TextFilter) -> bool {
    let order = finding.order.as_ref().map(ToString::to_string).unwrap_or_default();
    let system = finding.system.as_deref().unwrap_or_default();
    filter.admits([finding.severity.name(), finding.kind.name(), &order, system, &finding.says])
}
