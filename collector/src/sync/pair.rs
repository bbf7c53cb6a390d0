//! Which copies are held against each other, and whether they agree.

use std::collections::BTreeSet;

use ordertrace_api::reading::Entity;
use rust_decimal::Decimal;

use super::copy::Copy;
use super::flight::{Flight, Moments};
use super::item::Item;
use crate::moment::nanoseconds_in;
use crate::percent;
use crate::settings::{InFlightSettings, SyncSettings, SyncTargetSettings};

/// The pairs of systems whose copies must agree.
#[derive(Clone, Debug, Default)]
pub struct Pairs(Vec<Pair>);

/// A system that is right, and one that must show the same.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// Name of what is compared.
    pub(super) sync: String,
    pub(super) entity: Entity,
    /// Of stock; else empty.
    pub(super) state: &'static str,
    pub(super) source: String,
    pub(super) target: String,
    tolerance: Decimal,
    /// Of what the source says.
    tolerance_percent: Decimal,
    units_each: Decimal,
    /// A change that takes no longer is in time.
    pub(super) floor_ns: i64,
    /// Of stock: which orders explain a difference.
    pub(super) flight: Option<Flight>,
}

/// A pair that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sync {sync:?}: {reason}")]
pub struct PairsError {
    sync: String,
    reason: String,
}

/// A target's copy beside what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Of the target.
    pub(super) item: Item,
    pub(super) source_value: String,
    pub(super) target_value: String,
    /// How much more the target shows; `None` for what is no number.
    pub(super) difference: Option<Decimal>,
    pub(super) agrees: bool,
    /// Since when each has its value.
    pub(super) source_since: Since,
    pub(super) target_since: Since,
}

/// Since when a value is there, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Since {
    pub(super) at_ns: i64,
    /// How much earlier that may have been.
    pub(super) uncertain_ms: u32,
}

impl Pairs {
    /// Those of the configuration.
    ///
    /// # Errors
    /// [`PairsError`] names the setting that cannot be meant.
    pub fn new(settings: &[SyncSettings]) -> Result<Self, PairsError> {
        let (mut pairs, mut names) = (Vec::new(), BTreeSet::new());
        for sync in settings {
            let wrong = |reason: String| PairsError { sync: sync.name.clone(), reason };
            if !names.insert(&sync.name) {
                return Err(wrong("there are two of this name; names are unique".to_owned()));
            }
            if matches!(sync.entity, Entity::Feed | Entity::SearchIndex) {
                let entity = sync.entity.name();
                return Err(wrong(format!("entity is {entity}, of which no other system has a copy")));
            }
            let state = if sync.entity == Entity::Inventory { sync.state.name() } else { "" };
            if sync.targets.is_empty() {
                return Err(wrong("targets is empty; name the systems that must show the same".to_owned()));
            }
            let mut targets = BTreeSet::from([&sync.source]);
            for target in &sync.targets {
                if !targets.insert(&target.system) {
                    return Err(wrong(format!("{:?} is there twice; a system is source or one target", target.system)));
                }
                let decimal = |setting: &str, text: &str| {
                    let value = Decimal::from_str_exact(text).ok().filter(|value| !value.is_sign_negative());
                    value.ok_or_else(|| {
                        wrong(format!("{setting} of {:?} is {text:?}; write a decimal such as 1.5", target.system))
                    })
                };
                let units_each = decimal("units_each", &target.units_each)?;
                if units_each.is_zero() {
                    return Err(wrong(format!("units_each of {:?} is 0; write at least 1", target.system)));
                }
                pairs.push(Pair {
                    sync: sync.name.clone(),
                    entity: sync.entity,
                    state,
                    source: sync.source.clone(),
                    target: target.system.clone(),
                    tolerance: decimal("tolerance", &target.tolerance)?,
                    tolerance_percent: decimal("tolerance_percent", &target.tolerance_percent)?,
                    units_each,
                    floor_ns: nanoseconds_in(target.floor.get()),
                    flight: flight(sync, target).map_err(wrong)?,
                });
            }
        }
        Ok(Self(pairs))
    }

    /// Refuses milestones that nothing shows: `is_shown` knows those that something does.
    ///
    /// # Errors
    /// [`PairsError`] names the setting.
    pub fn check(&self, is_shown: impl Fn(&str) -> bool) -> Result<(), PairsError> {
        for pair in &self.0 {
            let Some(flight) = &pair.flight else { continue };
            let mut all =
                std::iter::once(("from", &flight.from)).chain(flight.until.iter().map(|name| ("until", name)));
            if let Some((setting, milestone)) = all.find(|(_, milestone)| !is_shown(milestone)) {
                let reason = format!(
                    "in_flight.{setting} of {:?}: nothing shows {milestone:?}: add a rule to recognise.milestones, or \
                     the milestone with `stated: true` to a flow if senders say it themselves",
                    pair.target
                );
                return Err(PairsError { sync: pair.sync.clone(), reason });
            }
        }
        Ok(())
    }

    /// Whether nothing is compared.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a target, or any, is compared with that source under that name.
    pub(crate) fn compare(&self, sync: &str, source: &str, target: Option<&str>) -> bool {
        let is_meant = |pair: &Pair| pair.sync == sync && pair.source == source;
        self.iter().any(|pair| is_meant(pair) && target.is_none_or(|target| pair.target == target))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Pair> {
        self.0.iter()
    }

    /// How many units a system counts as one where it is a target.
    pub(super) fn units_each(&self, entity: Entity, state: &str, system: &str) -> Decimal {
        let counts = |pair: &&Pair| pair.entity == entity && pair.state == state && pair.target == system;
        self.0.iter().find(counts).map_or(Decimal::ONE, |pair| pair.units_each)
    }
}

impl Pair {
    /// The target's copies of one subject beside what they should be, of all its `copies`. What the source
    /// has no copy of cannot be compared.
    pub(super) fn standings(&self, copies: &[&Copy]) -> Vec<Standing> {
        let sources = self.copies_of(&self.source, copies);
        let targets = self.copies_of(&self.target, copies).into_iter();
        targets.filter_map(|target| self.standing(&sources, target)).collect()
    }

    fn copies_of<'c>(&self, system: &str, copies: &[&'c Copy]) -> Vec<&'c Copy> {
        let is_meant = |copy: &&&Copy| {
            let item = &copy.item;
            item.subject.entity == self.entity && item.state == self.state && copy.system == system
        };
        copies.iter().filter(is_meant).copied().collect()
    }

    /// Of which moments what is known of a target's item and its source is, of all copies of its subject.
    pub(super) fn moments(&self, copies: &[&Copy], item: &Item) -> Moments {
        let (sources, targets) = (self.copies_of(&self.source, copies), self.copies_of(&self.target, copies));
        let target = targets.iter().find(|copy| copy.item == *item);
        Moments {
            target_ns: target.map_or(0, |copy| copy.moment_ns),
            source_ns: meant(&sources, item).iter().map(|copy| (copy.item.location.clone(), copy.moment_ns)).collect(),
        }
    }

    fn standing(&self, sources: &[&Copy], target: &Copy) -> Option<Standing> {
        let meant = meant(sources, &target.item);
        let first = meant.first()?;
        let since = |copy: &Copy| Since { at_ns: copy.since_ns, uncertain_ms: copy.uncertain_ms };
        let numbers = self.numbers(&meant, target);
        let source_value = match numbers {
            Some((source, _)) => source.normalize().to_string(),
            None => first.value.clone(),
        };
        let difference = numbers.and_then(|(source, target)| target.checked_sub(source));
        let agrees = match numbers.zip(difference) {
            Some(((source, _), difference)) => self.tolerates(difference, source),
            None => source_value == target.value,
        };
        Some(Standing {
            item: target.item.clone(),
            source_value,
            target_value: target.value.clone(),
            difference: difference.map(|difference| difference.normalize()),
            agrees,
            source_since: meant.iter().map(|copy| since(copy)).max().unwrap_or_default(),
            target_since: since(target),
        })
    }

    /// Whether the target may differ by that from a source that says `source`.
    pub(super) fn tolerates(&self, difference: Decimal, source: Decimal) -> bool {
        difference.abs() <= self.tolerance || !percent::is_over(difference, source, self.tolerance_percent)
    }

    /// What the source has in all, and the target in units; `None` for texts, and for what no decimal holds.
    fn numbers(&self, meant: &[&Copy], target: &Copy) -> Option<(Decimal, Decimal)> {
        if !matches!(self.entity, Entity::Inventory | Entity::Price) {
            return None;
        }
        let number = |copy: &Copy| Decimal::from_str_exact(&copy.value).ok();
        let source = meant.iter().try_fold(Decimal::ZERO, |sum, copy| sum.checked_add(number(copy)?))?;
        Some((source, number(target)?.checked_mul(self.units_each)?))
    }
}

/// Which orders explain a difference: of stock those that are placed and not exported, unless it is said otherwise.
fn flight(sync: &SyncSettings, target: &SyncTargetSettings) -> Result<Option<Flight>, String> {
    let wrong = |setting: &str, reason: &str| Err(format!("{setting} of {:?} {reason}", target.system));
    match &target.in_flight {
        None if sync.entity != Entity::Inventory => Ok(None),
        None => Ok(Flight::of(&InFlightSettings::default(), &sync.source, &target.system)),
        Some(_) if sync.entity != Entity::Inventory => {
            wrong("in_flight", "is there, and orders take nothing off but stock; leave it out")
        }
        Some(settings) if settings.from.is_empty() => {
            wrong("in_flight.from", "is empty; write a milestone such as order.placed")
        }
        Some(settings) if settings.until.is_empty() => {
            wrong("in_flight.until", "is empty; write a milestone such as order.exported")
        }
        Some(settings) => Ok(Flight::of(settings, &sync.source, &target.system)),
    }
}

/// The copies of the source that a target's item is made from: the same item; what the source has for
/// all channels; all locations, where the target knows none.
fn meant<'c>(sources: &[&'c Copy], target: &Item) -> Vec<&'c Copy> {
    let alike = |copy: &&&Copy| copy.item.currency == target.currency && copy.item.field == target.field;
    let of_channel = |channel: &str| -> Vec<&'c Copy> {
        sources.iter().filter(alike).filter(|copy| copy.item.channel == channel).copied().collect()
    };
    let mut found = of_channel(&target.channel);
    if found.is_empty() {
        found = of_channel("");
    }
    if !target.location.is_empty() {
        found.retain(|copy| copy.item.location == target.location);
    }
    found
}

#[cfg(test)]
mod tests {
    use ordertrace_api::reading::StockState;

    use super::*;
    use crate::settings::SyncTargetSettings;
    use crate::sync::copy::tests::{read, stock};

    fn settings(tolerance: &str, units_each: &str) -> SyncSettings {
        SyncSettings {
            name: "stock".to_owned(),
            entity: Entity::Inventory,
            state: StockState::Available,
            source: "wms".to_owned(),
            targets: vec![SyncTargetSettings {
                system: "web".to_owned(),
                tolerance: tolerance.to_owned(),
                tolerance_percent: "0".to_owned(),
                units_each: units_each.to_owned(),
                floor: ordertrace_config::Duration::default(),
                in_flight: None,
            }],
        }
    }

    fn copy(system: &str, location: &str, value: &str) -> Copy {
        Copy::of(&super::super::copy::Read { item: stock(location), ..read(system, value, 10) })
    }

    fn standing(settings: &SyncSettings, copies: &[Copy]) -> Vec<(Option<String>, bool)> {
        let pairs = Pairs::new(std::slice::from_ref(settings)).unwrap();
        let copies: Vec<&Copy> = copies.iter().collect();
        let standings = pairs.iter().flat_map(|pair| pair.standings(&copies));
        standings.map(|standing| (standing.difference.map(|by| by.to_string()), standing.agrees)).collect()
    }

    #[test]
    fn a_target_agrees_within_its_tolerance() {
        let copies = [copy("wms", "main", "10"), copy("web", "main", "12")];
        assert_eq!(standing(&settings("1", "1"), &copies), [(Some("2".to_owned()), false)]);
        assert_eq!(standing(&settings("2", "1"), &copies), [(Some("2".to_owned()), true)]);
        assert_eq!(standing(&settings("0", "1"), &copies[1..]), [], "what the source does not know");
    }

    #[test]
    fn a_target_agrees_within_its_percentage() {
        let mut settings = settings("0", "1");
        settings.targets[0].tolerance_percent = "2.5".to_owned();
        let agrees = |settings: &SyncSettings, source: &str, target: &str| {
            let copies = [copy("wms", "main", source), copy("web", "main", target)];
            standing(settings, &copies)[0].1
        };
        assert!(agrees(&settings, "100", "102.5") && agrees(&settings, "100", "97.5"));
        assert!(!agrees(&settings, "100", "102.500000000000000000000001"));
        assert!(agrees(&settings, "0", "0") && !agrees(&settings, "0", "1"), "of 0 every difference is too much");
        settings.targets[0].tolerance = "3".to_owned();
        assert!(agrees(&settings, "0", "-3") && agrees(&settings, "100", "97"), "whichever allows more");
    }

    #[test]
    fn a_target_that_counts_cases_is_counted_in_units() {
        let copies = [copy("wms", "main", "24"), copy("web", "main", "2")];
        assert_eq!(standing(&settings("0", "12"), &copies), [(Some("0".to_owned()), true)]);
        assert_eq!(standing(&settings("0", "1"), &copies), [(Some("-22".to_owned()), false)]);
    }

    #[test]
    fn a_target_without_locations_has_them_all() {
        let copies = [copy("wms", "main", "10"), copy("wms", "east", "2.5"), copy("web", "", "12.5")];
        assert_eq!(standing(&settings("0", "1"), &copies), [(Some("0".to_owned()), true)]);
        let elsewhere = [copy("wms", "main", "10"), copy("web", "west", "3")];
        assert_eq!(standing(&settings("0", "1"), &elsewhere), []);
    }

    #[test]
    fn numbers_that_no_decimal_holds_are_texts() {
        let copies = [copy("wms", "main", "10"), copy("web", "main", "many")];
        assert_eq!(standing(&settings("0", "1"), &copies), [(None, false)]);
        let huge = "79228162514264337593543950335";
        let copies = [copy("wms", "main", huge), copy("wms", "east", huge), copy("web", "", "1")];
        assert_eq!(standing(&settings("0", "1"), &copies), [(None, false)]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let wrong = |settings: &[SyncSettings]| Pairs::new(settings).unwrap_err().to_string();
        let good = settings("0", "1");
        let mut feed = good.clone();
        feed.entity = Entity::Feed;
        assert!(wrong(&[feed]).contains("entity is feed, of which no other system has a copy"));
        assert!(wrong(&[good.clone(), good.clone()]).contains("two of this name"));
        assert!(wrong(&[settings("-1", "1")]).contains("tolerance of \"web\" is \"-1\""));
        let mut percent = good.clone();
        percent.targets[0].tolerance_percent = "5%".to_owned();
        assert!(wrong(&[percent]).contains("tolerance_percent of \"web\" is \"5%\""));
        assert!(wrong(&[settings("0", "0")]).contains("units_each of \"web\" is 0"));
        let mut twice = good.clone();
        twice.targets.push(good.targets[0].clone());
        assert!(wrong(&[twice]).contains("\"web\" is there twice"));
        let set = |in_flight: InFlightSettings| {
            let mut set = good.clone();
            set.targets[0].in_flight = Some(in_flight);
            set
        };
        let defaults = InFlightSettings::default();
        let price = SyncSettings { entity: Entity::Price, ..set(defaults.clone()) };
        assert!(wrong(&[price]).contains("in_flight of \"web\" is there, and orders take nothing off but stock"));
        let nowhere = set(InFlightSettings { from: String::new(), ..defaults.clone() });
        assert!(wrong(&[nowhere]).contains("in_flight.from of \"web\" is empty"));
        let never = set(InFlightSettings { until: Vec::new(), ..defaults.clone() });
        assert!(wrong(&[never]).contains("in_flight.until of \"web\" is empty"));
        let misspelt = set(InFlightSettings { until: vec!["order.expotred".to_owned()], ..defaults });
        let misspelt = Pairs::new(&[misspelt]).unwrap().check(|name| name == "order.placed").unwrap_err().to_string();
        assert!(misspelt.contains("in_flight.until of \"web\": nothing shows \"order.expotred\""), "{misspelt}");
        let mut none = good;
        none.targets.clear();
        assert!(wrong(&[none]).contains("targets is empty"));
    }
}
