//! Rules over how long something takes.

use std::time::Duration;

use ordertrace_api::reading::Entity;

use super::{Check, Checked, wrong};
use crate::alert::condition::{AgeCondition, LagCondition};
use crate::settings::{AgeRule, LagRule};

impl Check<'_> {
    pub(super) fn lag(&self, lag: &LagRule) -> Checked<LagCondition> {
        let (sync, scope) = self.items("lag", &lag.sync, &lag.only)?;
        let (over, closes_under) = self.time("lag", "every change takes longer", lag.over, lag.closes_under)?;
        Ok(LagCondition { sync: sync.name.clone(), source: sync.source.clone(), over, closes_under, scope })
    }

    pub(super) fn age(&self, age: &AgeRule) -> Checked<AgeCondition> {
        if !matches!(age.entity, Entity::Feed | Entity::SearchIndex) {
            let entity = age.entity.name();
            return wrong(self.at("age.entity"), format!("is {entity}, which has no age; write feed or search_index"));
        }
        for (key, list) in [("locations", &age.only.locations), ("channels", &age.only.channels)] {
            if !list.is_empty() {
                let reason = "is of stock and prices; write subjects, which are the names of feeds";
                return wrong(self.at(&format!("age.only.{key}")), reason);
            }
        }
        let scope = self.systems("age", &age.systems, &age.only)?;
        let (over, closes_under) = self.time("age", "everything is older", age.over, age.closes_under)?;
        Ok(AgeCondition { entity: age.entity, over, closes_under, scope })
    }

    /// The time that opens, and the one that closes.
    fn time(
        &self,
        condition: &str,
        of_none: &str,
        over: ordertrace_config::Duration,
        closes_under: Option<ordertrace_config::Duration>,
    ) -> Checked<(Duration, Duration)> {
        let closes_under = closes_under.unwrap_or(over);
        if over.get().is_zero() {
            return wrong(self.at(&format!("{condition}.over")), format!("is 0s: {of_none}; write how long it may be"));
        }
        if closes_under > over {
            let reason = format!("is {closes_under}, above `over`, which is {over}: it could never be over");
            return wrong(self.at(&format!("{condition}.closes_under")), reason);
        }
        Ok((over.get(), closes_under.get()))
    }
}
