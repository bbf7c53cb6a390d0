use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::{Alert, AlertState, AlertsQuery, AlertsReply, ReceiverState};
use ordertrace_api::finding::Severity;

use super::{Cursor, Poll, TextFilter, later};

/// More alerts than anybody reads; the worst come first.
const LIMIT: u32 = 500;
/// More often than what is on the screen is said to be old.
const EVERY: SignedDuration = SignedDuration::from_secs(4);

/// How far back those that are over are shown.
const OVER: SignedDuration = SignedDuration::from_hours(24);

/// How many alerts there are that are not over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertTally {
    /// Those that fire and are critical.
    pub critical: usize,
    /// Those that fire and are not.
    pub others: usize,
    /// Of those that fire, those that somebody takes care of.
    pub taken: usize,
    /// Those that do not fire yet.
    pub pending: usize,
    /// Whether the collector has more than these.
    pub more: bool,
}

/// What became of what somebody did to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The collector was told, and has not answered.
    Asked {
        /// The question's ticket.
        ticket: u64,
        /// What is being done, in words.
        doing: String,
    },
    /// It is done.
    Done(String),
    /// It is not, or nobody knows, and why.
    Failed(String),
}

/// What somebody must know. Asked for whatever is on the screen: the orders list shows how many fire.
#[derive(Clone, Debug)]
pub struct AlertsScreen {
    /// The alerts of the table, in the collector's order.
    pub shown: Vec<Alert>,
    /// How many are not over.
    pub tally: AlertTally,
    /// How the collector fares with those whom it tells.
    pub receivers: Vec<ReceiverState>,
    /// How many rules it evaluates; `None` before it said so.
    pub rules: Option<u32>,
    /// When those of the table came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// Whether those that are over are shown too.
    pub resolved: bool,
    /// Whether the table stands still. The count of what fires does not.
    pub paused: bool,
    /// What rule, labels or sentence must contain.
    pub filter: TextFilter,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// What was done to an alert last, until the next key.
    pub deed: Option<Deed>,
    /// When to ask again.
    pub poll: Poll,
    listed: Vec<Alert>,
    chosen: Option<(String, u32)>,
}

impl AlertsScreen {
    /// Nothing known yet.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            shown: Vec::new(),
            tally: AlertTally::default(),
            receivers: Vec::new(),
            rules: None,
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            resolved: false,
            paused: false,
            filter: TextFilter::default(),
            trouble: None,
            deed: None,
            poll: Poll::new(EVERY, now),
            listed: Vec::new(),
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> AlertsQuery {
        // What was over before now is left out: those that are active remain.
        let since = if self.resolved { later(now, -OVER) } else { now };
        AlertsQuery { since: Some(since), limit: Some(LIMIT), ..AlertsQuery::default() }
    }

    /// Takes in an answer.
    pub fn receive(&mut self, reply: AlertsReply, now: Timestamp) {
        self.trouble = None;
        let firing = || reply.alerts.iter().filter(|alert| alert.state == AlertState::Firing);
        let critical = firing().filter(|alert| alert.severity == Severity::Critical).count();
        self.tally = AlertTally {
            critical,
            others: firing().count() - critical,
            taken: firing().filter(|alert| alert.acknowledgement.is_some()).count(),
            pending: reply.alerts.iter().filter(|alert| alert.state == AlertState::Pending).count(),
            // Those that are over come last: where one came, all others did.
            more: reply.more && reply.alerts.iter().all(holds),
        };
        self.rules = Some(reply.rules);
        self.receivers = reply.receivers;
        if !self.paused {
            self.more = reply.more;
            self.listed = reply.alerts;
            self.received_at = Some(now);
            self.arrange();
        }
    }

    /// Filters again; the chosen alert stays chosen wherever it goes.
    pub fn arrange(&mut self) {
        let admits = |alert: &&Alert| (self.resolved || holds(alert)) && says(alert, &self.filter);
        self.shown = self.listed.iter().filter(admits).cloned().collect();
        let chosen = self.chosen.as_ref();
        self.cursor.follow(&self.shown, |alert| Some(&identity(alert)) == chosen);
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.shown.len());
        self.chosen = self.selected().map(identity);
    }

    /// The chosen alert.
    pub fn selected(&self) -> Option<&Alert> {
        self.shown.get(self.cursor.at)
    }

    /// Whether somebody must be told of them where they are not the subject: some fire or soon may, or nobody knows.
    pub fn matters(&self) -> bool {
        self.tally.critical + self.tally.others + self.tally.pending > 0 || self.trouble.is_some()
    }
}

impl AlertTally {
    /// Those that fire.
    pub fn firing(&self) -> usize {
        self.critical + self.others
    }
}

fn identity(alert: &Alert) -> (String, u32) {
    (alert.id.clone(), alert.episode)
}

fn holds(alert: &Alert) -> bool {
    alert.state != AlertState::Resolved
}

/// Whether its row, or what it is about, says what is wanted.
fn says(alert: &Alert, filter: &TextFilter) -> bool {
    let texts = [alert.severity.name(), alert.state.name(), &alert.rule, &alert.says];
    let who = alert.acknowledgement.iter().map(|by| by.who.as_str());
    filter.admits(texts.into_iter().chain(alert.labels.values().map(String::as_str)).chain(who))
}
