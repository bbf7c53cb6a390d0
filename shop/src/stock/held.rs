//! What a system held, at any time.

/// The values of one item in one system; times are milliseconds since the days begin, as everywhere here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// By time, each another value than the one before. The first is from before the days.
    steps: Vec<Step>,
}

/// From then on it held that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) at_ms: i64,
    /// In hundredths.
    pub(super) value: i64,
    /// It took an order of its own off.
    pub(super) is_own_order: bool,
}

/// Something that happens to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at_ms: i64,
    pub(super) how: How,
    pub(super) is_own_order: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It becomes more or less by that.
    By(i64),
    /// It becomes that.
    To(i64),
}

impl Change {
    pub(super) fn by(at_ms: i64, units: i64) -> Self {
        Self { at_ms, how: How::By(units), is_own_order: false }
    }

    pub(super) fn to(at_ms: i64, value: i64) -> Self {
        Self { at_ms, how: How::To(value), is_own_order: false }
    }

    pub(super) fn own_order(at_ms: i64, units: i64) -> Self {
        Self { at_ms, how: How::By(units), is_own_order: true }
    }
}

impl Held {
    /// What these changes, in whichever order they stand here, make of a value from before the days.
    pub(super) fn from(first: i64, mut changes: Vec<Change>) -> Self {
        changes.sort_by_key(|change| change.at_ms);
        let mut steps = vec![Step { at_ms: -HOUR_MS, value: first, is_own_order: false }];
        let mut value = first;
        for Change { at_ms, how, is_own_order } in changes {
            value = match how {
                How::By(units) => value + units,
                How::To(other) => other,
            };
            let before = steps.pop_if(|step| step.at_ms == at_ms);
            if steps.last().is_none_or(|step| step.value != value) {
                let is_own_order = is_own_order || before.is_some_and(|step| step.is_own_order);
                steps.push(Step { at_ms, value, is_own_order });
            }
        }
        Self { steps }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What it held then.
    pub(super) fn at(&self, at_ms: i64) -> Step {
        let later = self.steps.partition_point(|step| step.at_ms <= at_ms);
        self.steps[later.saturating_sub(1)]
    }
}

pub(super) const SECOND_MS: i64 = 1_000;
pub(super) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_applied_by_time() {
        let held = Held::from(10, vec![Change::to(50, 7), Change::by(20, -1), Change::by(30, 0), Change::by(50, 1)]);
        let values: Vec<(i64, i64)> = held.steps().iter().map(|step| (step.at_ms, step.value)).collect();
        assert_eq!(values, [(-HOUR_MS, 10), (20, 9), (50, 8)]);
        assert_eq!((held.at(19).value, held.at(20).value, held.at(-2 * HOUR_MS).value), (10, 9, 10));
    }
}
