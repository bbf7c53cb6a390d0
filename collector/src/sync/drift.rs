//! A time in which a target did not show what its source did.

use super::item::Item;
use super::pair::{Pair, Standing};

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

/// What is to be written of how a target stands, where that drift was `open`; `changed` = one of the values is
/// news.
pub(super) fn decide(pair: &Pair, standing: &Standing, open: Option<&Drift>, changed: bool) -> Option<Drift> {
    let now = Drift {
        sync: pair.sync.clone(),
        target: pair.target.clone(),
        item: standing.item.clone(),
        since_ns: standing.source_since_ns,
        ended_ns: 0,
        source_value: standing.source_value.clone(),
        target_value: standing.target_value.clone(),
        difference: standing.difference.map(|difference| difference.to_string()).unwrap_or_default(),
        uncertain_ms: standing.uncertain_ms,
    };
    match (standing.agrees, open) {
        (true, Some(open)) => {
            // Either may have come back to the other.
            let ended_ns = standing.target_since_ns.max(standing.source_since_ns).max(open.since_ns);
            Some(Drift { since_ns: open.since_ns, ended_ns, ..now })
        }
        (true, None) if changed => {
            let ended_ns = standing.target_since_ns.max(standing.source_since_ns);
            Some(Drift { ended_ns, ..now })
        }
        (true, None) => None,
        (false, Some(open)) => {
            let same = (&open.source_value, &open.target_value) == (&now.source_value, &now.target_value);
            (!same).then_some(Drift { since_ns: open.since_ns, ..now })
        }
        // Who changed last is who made them differ.
        (false, None) => Some(Drift { since_ns: standing.source_since_ns.max(standing.target_since_ns), ..now }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SyncSettings;
    use crate::sync::Pairs;
    use crate::sync::copy::tests::stock;

    fn standing(agrees: bool, source_since_s: i64, target_since_s: i64) -> Standing {
        Standing {
            item: stock("main"),
            source_value: "5".to_owned(),
            target_value: if agrees { "5" } else { "7" }.to_owned(),
            difference: Some(if agrees { 0.into() } else { 2.into() }),
            agrees,
            source_since_ns: source_since_s,
            target_since_ns: target_since_s,
            uncertain_ms: 0,
        }
    }

    fn times(standing: &Standing, open: Option<&Drift>, changed: bool) -> Option<(i64, i64)> {
        let pairs = Pairs::new(&SyncSettings::example()).unwrap();
        let drift = decide(pairs.iter().next().unwrap(), standing, open, changed)?;
        Some((drift.since_ns, drift.ended_ns))
    }

    fn open() -> Drift {
        let pairs = Pairs::new(&SyncSettings::example()).unwrap();
        decide(pairs.iter().next().unwrap(), &standing(false, 10, 3), None, true).unwrap()
    }

    #[test]
    fn it_lasts_from_the_first_change_until_the_target_shows_it() {
        assert_eq!((open().since_ns, open().ended_ns, open().difference.as_str()), (10, 0, "2"));
        assert_eq!(times(&standing(true, 10, 25), Some(&open()), false), Some((10, 25)));
        let again = Standing { source_value: "4".to_owned(), ..standing(false, 20, 3) };
        assert_eq!(times(&again, Some(&open()), true), Some((10, 0)), "the first change has not arrived either");
        assert_eq!(times(&standing(false, 10, 3), Some(&open()), false), None, "nothing new");
    }

    #[test]
    fn a_target_that_changes_by_itself_drifts_from_then_on() {
        assert_eq!(times(&standing(false, 10, 30), None, false), Some((30, 0)));
    }

    #[test]
    fn a_source_that_comes_back_ends_it() {
        assert_eq!(times(&standing(true, 40, 3), Some(&open()), true), Some((10, 40)));
    }

    #[test]
    fn a_change_that_both_show_already_has_taken_its_time() {
        assert_eq!(times(&standing(true, 10, 14), None, true), Some((10, 14)));
        assert_eq!(times(&standing(true, 10, 8), None, true), Some((10, 10)), "by clocks of which one is ahead");
        assert_eq!(times(&standing(true, 10, 14), None, false), None);
    }
}
