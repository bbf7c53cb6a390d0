//! Rules as they are configured, checked and ready to be held against what is stored.

mod time;

use std::collections::BTreeSet;

use iso_currency::Currency;
use ordertrace_api::reading::Entity;
use ordertrace_config::nearest;
use rust_decimal::Decimal;

use super::condition::{ChangeCondition, Condition, DriftCondition, FindingCondition};
use super::scope::Scope;
use super::state::Terms;
use super::threshold::{Threshold, Unit};
use crate::settings::{
    AlertSettings, ChangeRule, DriftRule, EachSettings, ItemSettings, RuleSettings, SyncSettings, ThresholdSettings,
};
use crate::sync::Pairs;

/// The longest time for which something may have to hold: 7 days.
const LONGEST_HOLD_S: u64 = 7 * 86_400;

/// The longest time within which something may change: a day.
const LONGEST_WITHIN_S: u64 = 86_400;

/// The most alerts of a rule at a time.
const MOST_ALERTS: u32 = 1_000;

/// Labels that a rule cannot have, because its alerts do.
const TAKEN: [&str; 17] = [
    "alertname",
    "severity",
    "sync",
    "source",
    "target",
    "sku",
    "subject",
    "entity",
    "location",
    "channel",
    "currency",
    "field",
    "feed",
    "finding",
    "kind",
    "order",
    "system",
];

/// All rules of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Rule>);

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) terms: Terms,
    pub(super) condition: Condition,
    /// Names of those who are told.
    pub(super) receivers: Vec<String>,
    /// Alerts at a time.
    pub(super) limit: usize,
}

/// What alerts cannot be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct RuleError {
    /// The setting, as a path of keys.
    setting: String,
    /// What is wrong and what to write instead.
    reason: String,
}

type Checked<T> = Result<T, RuleError>;

/// A refusal.
pub(super) fn wrong<T>(setting: impl Into<String>, reason: impl Into<String>) -> Checked<T> {
    Err(RuleError { setting: setting.into(), reason: reason.into() })
}

impl Rules {
    /// Those of the configuration, over what is compared by `sync`.
    ///
    /// # Errors
    /// [`RuleError`] names the setting that cannot be meant.
    pub fn new(settings: &AlertSettings, sync: &[SyncSettings]) -> Result<Self, RuleError> {
        if settings.every.get().as_secs() < 1 || settings.every.get().as_secs() > 3_600 {
            return wrong("alerts.every", format!("is {}; write 1s to 1h", settings.every));
        }
        let receivers: Vec<&str> = settings.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        let mut names = BTreeSet::new();
        let mut rules = Vec::with_capacity(settings.rules.len());
        for (at, rule) in settings.rules.iter().enumerate() {
            let check = Check { path: format!("alerts.rules[{at}]"), sync };
            if rule.name.trim().is_empty() {
                return wrong(check.at("name"), "is empty; alerts are known by it");
            }
            if !names.insert(&rule.name) {
                return wrong(
                    check.at("name"),
                    format!("another rule is called {:?} already; names are unique", rule.name),
                );
            }
            rules.push(check.rule(rule, &receivers)?);
        }
        Ok(Self(rules))
    }

    /// Whether nobody is told of anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// Whether copies must be kept for them, though nothing is compared.
    pub fn need_copies(&self) -> bool {
        self.iter().any(|rule| matches!(rule.condition, Condition::Change(_)))
    }

    /// Only the one of this name.
    ///
    /// # Errors
    /// [`RuleError`] when there is none.
    pub fn only(self, name: &str) -> Result<Self, RuleError> {
        let names: Vec<&str> = self.iter().map(|rule| rule.terms.rule.as_str()).collect();
        Check { path: "alerts.rules".to_owned(), sync: &[] }.known("name", "rule", name, &names)?;
        Ok(Self(self.0.into_iter().filter(|rule| rule.terms.rule == name).collect()))
    }

    /// What is said of rules over what is not compared by `pairs`: nothing is recorded of it.
    pub fn unrecorded(&self, pairs: &Pairs) -> Vec<String> {
        let said = self.iter().filter_map(|rule| {
            let (sync, source, scope) = rule.condition.compared()?;
            let targets: Vec<Option<&str>> = match &scope.targets {
                targets if targets.is_empty() => vec![None],
                targets => targets.iter().map(|target| Some(target.as_str())).collect(),
            };
            let missing = targets.into_iter().find(|target| !pairs.compare(sync, source, *target))?;
            let to = missing.map(|target| format!(" with {target}")).unwrap_or_default();
            let name = &rule.terms.rule;
            Some(format!(
                "{name}: the collector does not compare {source}{to} as sync {sync:?}, so nothing of it is recorded"
            ))
        });
        said.collect()
    }

    pub(super) fn named(&self, name: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.terms.rule == name)
    }
}

/// Checks one rule.
struct Check<'s> {
    path: String,
    sync: &'s [SyncSettings],
}

impl<'s> Check<'s> {
    fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    fn rule(&self, rule: &RuleSettings, receivers: &[&str]) -> Checked<Rule> {
        if rule.hold.get().as_secs() > LONGEST_HOLD_S {
            return wrong(self.at("for"), format!("is {}; write at most 7d", rule.hold));
        }
        if !(1..=MOST_ALERTS).contains(&rule.limit) {
            return wrong(self.at("limit"), format!("is {}; write 1 to {MOST_ALERTS}", rule.limit));
        }
        for name in rule.labels.keys() {
            self.label(name)?;
        }
        if let Some(runbook) = &rule.runbook
            && !runbook.starts_with("http://")
            && !runbook.starts_with("https://")
        {
            return wrong(self.at("runbook"), format!("{runbook:?} is no http or https URL"));
        }
        for (at, receiver) in rule.receivers.iter().flatten().enumerate() {
            self.known(&format!("receivers[{at}]"), "receiver", receiver, receivers)?;
        }
        let told = rule.receivers.clone().unwrap_or_else(|| receivers.iter().map(|name| (*name).to_owned()).collect());
        Ok(Rule {
            terms: Terms {
                rule: rule.name.clone(),
                hold_ms: i64::try_from(rule.hold.get().as_millis()).unwrap_or(i64::MAX),
                severity: rule.severity,
                labels: rule.labels.clone(),
                runbook: rule.runbook.clone().unwrap_or_default(),
            },
            condition: self.condition(rule)?,
            receivers: told,
            limit: rule.limit as usize,
        })
    }

    /// As Prometheus has it: what Alertmanager takes.
    fn label(&self, name: &str) -> Checked<()> {
        let setting = || self.at(&format!("labels.{name}"));
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_word) {
            return wrong(setting(), "is no name of a label: letters, digits and _, and no digit first");
        }
        if name.starts_with("__") {
            return wrong(setting(), "begins with __, which Prometheus keeps for itself");
        }
        if TAKEN.contains(&name) {
            return wrong(setting(), "is what alerts say themselves; choose another name");
        }
        Ok(())
    }

    fn known(&self, key: &str, what: &str, name: &str, known: &[&str]) -> Checked<()> {
        if known.contains(&name) {
            return Ok(());
        }
        let advice = match nearest(name, known.iter().copied()) {
            Some(nearest) => format!(", did you mean {nearest:?}?"),
            None if known.is_empty() => ": there is none at all".to_owned(),
            None => format!(": there are {known:?}"),
        };
        wrong(self.at(key), format!("there is no {what} {name:?}{advice}"))
    }

    fn condition(&self, rule: &RuleSettings) -> Checked<Condition> {
        match (&rule.drift, &rule.lag, &rule.age, &rule.change, &rule.finding) {
            (Some(drift), None, None, None, None) => Ok(Condition::Drift(self.drift(drift)?)),
            (None, Some(lag), None, None, None) => Ok(Condition::Lag(self.lag(lag)?)),
            (None, None, Some(age), None, None) => Ok(Condition::Age(self.age(age)?)),
            (None, None, None, Some(change), None) => Ok(Condition::Change(self.change(change)?)),
            (None, None, None, None, Some(finding)) => {
                Ok(Condition::Finding(FindingCondition { kinds: finding.kinds.clone(), severity: finding.severity }))
            }
            (None, None, None, None, None) => {
                wrong(&self.path, "says not when; write one of drift, lag, age, change, finding")
            }
            _ => wrong(&self.path, "says more than one of drift, lag, age, change, finding; write a rule for each"),
        }
    }

    /// What is compared, and which of its items are meant.
    fn items(&self, condition: &str, sync: &str, only: &ItemSettings) -> Checked<(&'s SyncSettings, Scope)> {
        let names: Vec<&str> = self.sync.iter().map(|sync| sync.name.as_str()).collect();
        self.known(&format!("{condition}.sync"), "sync", sync, &names)?;
        let Some(found) = self.sync.iter().find(|found| found.name == sync) else {
            return wrong(self.at(condition), format!("there is no sync {sync:?}"));
        };
        let targets: Vec<&str> = found.targets.iter().map(|target| target.system.as_str()).collect();
        for (at, target) in only.targets.iter().enumerate() {
            self.known(&format!("{condition}.only.targets[{at}]"), "target", target, &targets)?;
        }
        let scope =
            Scope::new(only).or_else(|(key, reason)| wrong(self.at(&format!("{condition}.only.{key}")), reason))?;
        Ok((found, scope))
    }

    /// Which items of which systems' own are meant.
    fn systems(&self, condition: &str, systems: &[String], only: &ItemSettings) -> Checked<Scope> {
        if !only.targets.is_empty() {
            let reason = format!("is of what is compared; write {condition}.systems");
            return wrong(self.at(&format!("{condition}.only.targets")), reason);
        }
        if let Some(at) = systems.iter().position(String::is_empty) {
            return wrong(self.at(&format!("{condition}.systems[{at}]")), "is empty; name one, or leave it out");
        }
        let items = ItemSettings { targets: systems.to_vec(), ..only.clone() };
        Scope::new(&items).or_else(|(key, reason)| wrong(self.at(&format!("{condition}.only.{key}")), reason))
    }

    fn drift(&self, drift: &DriftRule) -> Checked<DriftCondition> {
        let (sync, scope) = self.items("drift", &drift.sync, &drift.only)?;
        let threshold = match (&drift.over, &drift.closes_under) {
            (None, None) => None,
            (None, Some(_)) => {
                return wrong(self.at("drift.closes_under"), "closes what `over` does not open; write both");
            }
            (Some(over), closes_under) => Some(self.threshold("drift", over, closes_under.as_ref())?),
        };
        if drift.each == EachSettings::Target && threshold.is_none_or(|threshold| threshold.unit == Unit::Percent) {
            return wrong(
                self.at("drift.over"),
                "of all items together is told in units or money; write `over: {units: …}`",
            );
        }
        let is_priced = matches!(sync.entity, Entity::Inventory | Entity::Price);
        if threshold.is_some() && !is_priced {
            let entity = sync.entity.name();
            return wrong(self.at("drift.over"), format!("is an amount, and {entity} has none; leave it out"));
        }
        Ok(DriftCondition {
            sync: sync.name.clone(),
            source: sync.source.clone(),
            threshold,
            currency: drift.over.as_ref().and_then(currency_of).map(str::to_owned),
            together: drift.each == EachSettings::Target,
            scope,
            pairs: Pairs::new(std::slice::from_ref(sync)).or_else(|error| wrong("sync", error.to_string()))?,
        })
    }

    fn change(&self, change: &ChangeRule) -> Checked<ChangeCondition> {
        if !matches!(change.entity, Entity::Inventory | Entity::Price) {
            let entity = change.entity.name();
            return wrong(
                self.at("change.entity"),
                format!("is {entity}, which is no number; write inventory or price"),
            );
        }
        let threshold = self.threshold("change", &change.over, change.closes_under.as_ref())?;
        if threshold.unit == Unit::Money {
            return wrong(self.at("change.over"), "is told in units or percent; units of a price are its currency's");
        }
        let within = change.within.get();
        if within.is_zero() || within.as_secs() > LONGEST_WITHIN_S {
            return wrong(self.at("change.within"), format!("is {}; write up to 1d", change.within));
        }
        let scope = self.systems("change", &change.systems, &change.only)?;
        let state = if change.entity == Entity::Inventory { change.state.name() } else { "" };
        Ok(ChangeCondition { entity: change.entity, state, threshold, within, scope })
    }

    fn threshold(
        &self,
        condition: &str,
        over: &ThresholdSettings,
        closes_under: Option<&ThresholdSettings>,
    ) -> Checked<Threshold> {
        let (unit, limit, _) = self.amount(&format!("{condition}.over"), over)?;
        let (closing_unit, closing, currency) = match closes_under {
            Some(amount) => self.amount(&format!("{condition}.closes_under"), amount)?,
            None => self.amount(&format!("{condition}.over"), over)?,
        };
        if closing_unit != unit || currency != currency_of(over) {
            return wrong(
                self.at(&format!("{condition}.closes_under")),
                "is of another unit than `over`; write the same",
            );
        }
        if closing > limit {
            let reason = format!("is {closing}, above `over`, which is {limit}: it could never be over");
            return wrong(self.at(&format!("{condition}.closes_under")), reason);
        }
        Ok(Threshold { unit, over: limit, closes_under: closing })
    }

    fn amount<'a>(&self, key: &str, amount: &'a ThresholdSettings) -> Checked<(Unit, Decimal, Option<&'a str>)> {
        let (unit, text) = match amount {
            ThresholdSettings::Units(text) => (Unit::Units, text),
            ThresholdSettings::Percent(text) => (Unit::Percent, text),
            ThresholdSettings::Money(money) => (Unit::Money, &money.amount),
        };
        let currency = currency_of(amount);
        if let Some(code) = currency
            && Currency::from_code(code).is_none()
        {
            let reason = format!("{code:?} is no currency: write its ISO 4217 code, such as EUR");
            return wrong(self.at(&format!("{key}.money.currency")), reason);
        }
        match Decimal::from_str_exact(text) {
            Ok(limit) if !limit.is_sign_negative() => Ok((unit, limit, currency)),
            _ => wrong(self.at(key), format!("{text:?} is no decimal from 0 on, such as 5 or 2.5")),
        }
    }
}

fn currency_of(amount: &ThresholdSettings) -> Option<&str> {
    match amount {
        ThresholdSettings::Money(money) => Some(&money.currency),
        ThresholdSettings::Units(_) | ThresholdSettings::Percent(_) => None,
    }
}

#[cfg(test)]
mod tests;
