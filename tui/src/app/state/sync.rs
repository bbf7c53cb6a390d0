use jiff::{SignedDuration, Timestamp};
use ordertrace_api::sync::{AgeNow, DriftNow, SyncLag, SyncQuery, SyncReply};

use super::{Cursor, Lookback, Poll, SkuScreen, TextFilter};
use crate::cli::Range;
use crate::sync_table::{DriftColumn, Matrix, item_text};

/// More drifts than anybody reads; the oldest come first.
const LIMIT: u32 = 1_000;
/// More often than what is on the screen is said to be old.
const EVERY: SignedDuration = SignedDuration::from_secs(4);

/// Ranges that end now, in minutes: of changes that arrived.
const LENGTHS: &[(i64, &str)] =
    &[(60, "last hour"), (1_440, "last day"), (10_080, "last week"), (15, "last 15 minutes")];

/// Whether copies agree, and how long changes take to arrive.
#[derive(Clone, Debug)]
pub struct SyncScreen {
    /// How each pair of systems stands.
    pub matrix: Matrix,
    /// How old feeds and search indexes are, the oldest first.
    pub ages: Vec<AgeNow>,
    /// Ids of readings without a SKU, or with several.
    pub unclear_ids: u64,
    /// The drifts of the table.
    pub shown: Vec<DriftNow>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// What comes first.
    pub sort: DriftColumn,
    /// Whether it comes last.
    pub reversed: bool,
    /// Whether the tables stand still.
    pub paused: bool,
    /// What item, systems or values must contain.
    pub filter: TextFilter,
    /// Which time the lags are of.
    pub lookback: Lookback,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    drifts: Vec<DriftNow>,
    /// Only the drifts of this pair: what is compared, and the target.
    pair: Option<(String, String)>,
    chosen: Option<DriftNow>,
}

impl SyncScreen {
    /// Nothing known yet. `fixed` is the range to show, if it has ends.
    pub(super) fn new(fixed: Range, now: Timestamp) -> Self {
        Self {
            matrix: Matrix::default(),
            ages: Vec::new(),
            unclear_ids: 0,
            shown: Vec::new(),
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            sort: DriftColumn::default(),
            reversed: false,
            paused: false,
            filter: TextFilter::default(),
            lookback: Lookback::new(fixed, LENGTHS),
            trouble: None,
            poll: Poll::new(EVERY, now),
            drifts: Vec::new(),
            pair: None,
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> SyncQuery {
        let (since, until) = self.lookback.ends(now);
        SyncQuery { since, until, limit: Some(LIMIT), ..SyncQuery::default() }
    }

    /// Another length of range; `false` where it was given.
    pub fn stretch(&mut self) -> bool {
        let stretched = self.lookback.stretch();
        if stretched {
            // What is asked for now is not what the tables stand still with.
            self.paused = false;
            self.poll.hurry();
        }
        stretched
    }

    /// Takes in an answer.
    pub fn receive(&mut self, reply: SyncReply, now: Timestamp) {
        self.trouble = None;
        if self.paused {
            return;
        }
        self.matrix = Matrix::of(&reply.lags);
        self.more = reply.more;
        self.ages = reply.ages;
        self.unclear_ids = reply.ids.unresolved.saturating_add(reply.ids.contradicting);
        self.drifts = reply.drifts;
        self.received_at = Some(now);
        self.arrange();
    }

    /// Sorts and filters again; the chosen drift stays chosen wherever it goes.
    pub fn arrange(&mut self) {
        let of_pair = |drift: &&DriftNow| {
            self.pair.as_ref().is_none_or(|(sync, target)| (sync, target) == (&drift.sync, &drift.target))
        };
        let wanted = |drift: &&DriftNow| says(drift, &self.filter);
        let mut shown: Vec<DriftNow> = self.drifts.iter().filter(of_pair).filter(wanted).cloned().collect();
        let (sort, reversed) = (self.sort, self.reversed);
        // Stable: what is alike stays as the collector sorted it.
        shown.sort_by(|one, other| {
            let order = sort.compare(one, other);
            if reversed { order.reverse() } else { order }
        });
        self.shown = shown;
        if let Some(chosen) = &self.chosen {
            self.cursor.follow(&self.shown, |drift| is_same(drift, chosen));
        }
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.shown.len());
        self.chosen = self.selected().cloned();
    }

    /// The chosen drift.
    pub fn selected(&self) -> Option<&DriftNow> {
        self.shown.get(self.cursor.at)
    }

    /// The pair of systems whose drifts alone are shown.
    pub fn pair(&self) -> Option<&SyncLag> {
        let (sync, target) = self.pair.as_ref()?;
        self.lag(sync, target)
    }

    /// How a pair of systems stands.
    pub fn lag(&self, sync: &str, target: &str) -> Option<&SyncLag> {
        self.matrix.lags().iter().find(|lag| lag.sync == sync && lag.target == target)
    }

    /// Shows only the drifts of one pair, or of all.
    pub fn choose_pair(&mut self, pair: Option<(String, String)>) {
        self.pair = pair;
        self.cursor = Cursor::default();
        self.chosen = None;
        self.arrange();
    }

    /// To the pair after, or before, the chosen one; from the last on to all.
    pub fn step_pair(&mut self, by: isize) {
        let lags = self.matrix.lags();
        let at = self.pair().and_then(|pair| lags.iter().position(|lag| lag == pair));
        let places = lags.len() + 1;
        // 0 = all.
        let place = at.map_or(0, |at| at + 1);
        let next = (place + places).saturating_add_signed(by) % places;
        let pair = next.checked_sub(1).and_then(|at| lags.get(at)).map(|lag| (lag.sync.clone(), lag.target.clone()));
        self.choose_pair(pair);
    }

    /// What is compared, and the target, whose drifts alone are shown.
    pub fn pair_name(&self) -> Option<(&str, &str)> {
        self.pair.as_ref().map(|(sync, target)| (sync.as_str(), target.as_str()))
    }

    /// Whether drifts are left out because they are of another pair.
    pub fn is_narrowed(&self) -> bool {
        self.pair.is_some()
    }

    /// What every system says of the chosen drift's item.
    pub fn open(&self, fixed: Range, now: Timestamp) -> Option<SkuScreen> {
        self.selected().map(|drift| SkuScreen::new(&drift.subject, fixed, now))
    }
}

/// Whether two drifts are of one item, whatever its values are.
fn is_same(one: &DriftNow, other: &DriftNow) -> bool {
    let of = |drift: &DriftNow| (drift.sync.clone(), drift.target.clone(), drift.currency.clone(), item_text(drift));
    of(one) == of(other)
}

/// Whether its row says what is wanted.
fn says(drift: &DriftNow, filter: &TextFilter) -> bool {
    let item = item_text(drift);
    let texts = [&item, &drift.sync, &drift.source, &drift.target, &drift.currency];
    let values = [&drift.source_value, &drift.target_value];
    filter.admits(texts.into_iter().chain(values).map(String::as_str))
}
