//! A time in which a target did not show what its source did.

use super::item::Item;
use super::pair::{Pair, Since, Standing};

/// One of them, or, where a change was seen on both sides at once, one that is over already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drift {
    /// Name of what is compared.
    pub(super) sync: String,
    pub(super) target: String,
    /// Of the target.
    pub(super) item: Item,
    /// When the first change was made that the target did not show.
    pub(super) since_ns: i64,
    /// When it showed what the source did; 0 = not yet.
    pub(super) ended_ns: i64,
    pub(super) source_value: String,
    pub(super) target_value: String,
    /// How much more the target shows, decimal text; empty for what is no number.
    pub(super) difference: String,
    /// How much earlier its times may be.
    pub(super) uncertain_ms: u32,
}

/// What becomes of how a target stands, where that drift was `open`; `None` = all stays as it is.
pub(super) fn decide(pair: &Pair, standing: &Standing, open: Option<&Drift>) -> Option<Drift> {
    // Who changed last is who made them differ, or agree.
    let last = standing.source_since.max(standing.target_since);
    let now = Drift {
        sync: pair.sync.clone(),
        target: pair.target.clone(),
        item: standing.item.clone(),
        since_ns: last.at_ns,
        ended_ns: 0,
        source_value: standing.source_value.clone(),
        target_value: standing.target_value.clone(),
        difference: standing.difference.map(|difference| difference.to_string()).unwrap_or_default(),
        uncertain_ms: last.uncertain_ms,
    };
    match (standing.agrees, open) {
        (true, Some(open)) => {
            let began = began(open, standing);
            Some(Drift {
                since_ns: began.at_ns,
                ended_ns: last.at_ns.max(began.at_ns),
                uncertain_ms: last.uncertain_ms.max(began.uncertain_ms),
                ..now
            })
        }
        (true, None) => None,
        (false, Some(open)) => {
            let same = (&open.source_value, &open.target_value) == (&now.source_value, &now.target_value);
            (!same).then_some(Drift { since_ns: open.since_ns, uncertain_ms: open.uncertain_ms, ..now })
        }
        (false, None) => Some(now),
    }
}

/// When a drift began that is over. Where the source told of its change after the target had shown it, that
/// was with the change, and not when the target seemed to change by itself.
fn began(open: &Drift, standing: &Standing) -> Since {
    let seemed = Since { at_ns: open.since_ns, uncertain_ms: open.uncertain_ms };
    let source_came = open.target_value == standing.target_value && open.source_value != standing.source_value;
    if source_came { seemed.min(standing.source_since) } else { seemed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SyncSettings;
    use crate::sync::Pairs;
    use crate::sync::copy::tests::stock;

    fn at(at_ns: i64, uncertain_ms: u32) -> Since {
        Since { at_ns, uncertain_ms }
    }

    fn standing(source: (&str, Since), target: (&str, Since)) -> Standing {
        Standing {
            item: stock("main"),
            source_value: source.0.to_owned(),
            target_value: target.0.to_owned(),
            difference: Some(if source.0 == target.0 { 0.into() } else { 2.into() }),
            agrees: source.0 == target.0,
            source_since: source.1,
            target_since: target.1,
        }
    }

    fn became(standing: &Standing, open: Option<&Drift>) -> Option<Drift> {
        let pairs = Pairs::new(&SyncSettings::example()).unwrap();
        decide(pairs.iter().next().unwrap(), standing, open)
    }

    /// Since when, until when, and how much earlier that may have been.
    fn times(standing: &Standing, open: Option<&Drift>) -> Option<(i64, i64, u32)> {
        became(standing, open).map(|drift| (drift.since_ns, drift.ended_ns, drift.uncertain_ms))
    }

    fn open() -> Drift {
        became(&standing(("5", at(10, 0)), ("7", at(3, 60))), None).unwrap()
    }

    #[test]
    fn it_lasts_from_the_first_change_until_the_target_shows_it() {
        let open = open();
        assert_eq!((open.since_ns, open.ended_ns, open.difference.as_str()), (10, 0, "2"));
        assert_eq!(open.uncertain_ms, 0, "the source says exactly when; when the target came to its value is long ago");
        assert_eq!(times(&standing(("5", at(10, 0)), ("5", at(25, 8))), Some(&open)), Some((10, 25, 8)));
        let again = standing(("4", at(20, 0)), ("7", at(3, 60)));
        assert_eq!(times(&again, Some(&open)), Some((10, 0, 0)), "the first change has not arrived either");
        assert_eq!(times(&standing(("5", at(10, 0)), ("7", at(3, 60))), Some(&open)), None, "nothing new");
    }

    #[test]
    fn a_target_that_changes_by_itself_drifts_from_then_on() {
        let drift = became(&standing(("5", at(10, 0)), ("7", at(30, 60))), None).unwrap();
        assert_eq!((drift.since_ns, drift.uncertain_ms), (30, 60));
        let back = standing(("5", at(10, 0)), ("5", at(50, 20)));
        assert_eq!(times(&back, Some(&drift)), Some((30, 50, 60)), "neither end is known better than that");
    }

    #[test]
    fn a_source_that_comes_back_ends_it() {
        assert_eq!(times(&standing(("7", at(40, 0)), ("7", at(3, 60))), Some(&open())), Some((10, 40, 0)));
    }

    #[test]
    fn a_source_that_tells_of_its_change_late_had_made_it_before() {
        let drift = became(&standing(("5", at(10, 0)), ("7", at(30, 60))), None).unwrap();
        let told = standing(("7", at(28, 0)), ("7", at(30, 60)));
        assert_eq!(times(&told, Some(&drift)), Some((28, 30, 60)));
    }

    #[test]
    fn what_agrees_and_did_before_took_no_time() {
        assert_eq!(times(&standing(("5", at(10, 0)), ("5", at(14, 0))), None), None);
    }
}
