use std::collections::{BTreeMap, BTreeSet, HashMap};

use ordertrace_api::keys::Strength;
use ordertrace_config::nearest;

use super::FlowError;
use crate::recognise::Recogniser;
use crate::settings::FlowSettings;

/// Refuses flows of which a part cannot be meant.
pub(super) fn all(flows: &[FlowSettings], recogniser: &Recogniser) -> Result<(), FlowError> {
    let mut names = BTreeSet::new();
    for (index, flow) in flows.iter().enumerate() {
        let check = Check { flow, place: format!("flows[{index}]"), recogniser };
        if !names.insert(&flow.name) {
            return Err(FlowError::Twice { setting: check.at("name"), name: flow.name.clone() });
        }
        check.texts()?;
        check.milestones()?;
        check.parts()?;
        check.order()?;
    }
    Ok(())
}

/// One flow while it is checked.
struct Check<'f> {
    flow: &'f FlowSettings,
    place: String,
    recogniser: &'f Recogniser,
}

impl Check<'_> {
    fn at(&self, setting: impl AsRef<str>) -> String {
        format!("{}.{}", self.place, setting.as_ref())
    }

    fn contradiction(&self, setting: impl AsRef<str>, reason: impl Into<String>) -> FlowError {
        FlowError::Contradiction { setting: self.at(setting), reason: reason.into() }
    }

    fn texts(&self) -> Result<(), FlowError> {
        let empty = [
            (self.flow.name.is_empty(), "name", "findings bear it"),
            (self.flow.starts.is_empty(), "starts", "write at least one milestone with which such a journey begins"),
            (self.flow.ends.is_empty(), "ends", "write at least one milestone after which nothing more is due"),
        ];
        match empty.into_iter().find(|(is_empty, ..)| *is_empty) {
            Some((_, setting, remedy)) => Err(FlowError::Empty { setting: self.at(setting), remedy }),
            None => Ok(()),
        }
    }

    /// Every milestone can be shown, and every part speaks of milestones of the flow.
    fn milestones(&self) -> Result<(), FlowError> {
        for (name, milestone) in &self.flow.milestones {
            let setting = format!("milestones.{name}");
            if !milestone.stated && !self.recogniser.shows(name) {
                return Err(FlowError::Unreachable { setting: self.at(setting), milestone: name.clone() });
            }
            for kind in &milestone.each {
                self.kind(&format!("{setting}.each"), kind)?;
            }
            if let Some(whole) = &milestone.parts_of {
                self.known(&format!("{setting}.parts_of"), whole)?;
            }
        }
        for (setting, milestone) in self.flow.mentions() {
            self.known(&setting, milestone)?;
        }
        for (index, need) in self.flow.needs.iter().enumerate() {
            for kind in &need.unless_keys {
                self.kind(&format!("needs[{index}].unless_keys"), kind)?;
            }
        }
        for (index, step) in self.flow.steps.iter().enumerate() {
            if let Some(kind) = &step.per {
                self.kind(&format!("steps[{index}].per"), kind)?;
            }
        }
        Ok(())
    }

    fn known(&self, setting: &str, milestone: &str) -> Result<(), FlowError> {
        if self.flow.milestones.contains_key(milestone) {
            return Ok(());
        }
        let nearest = nearest(milestone, self.flow.milestones.keys().map(String::as_str));
        Err(FlowError::Unknown { setting: self.at(setting), milestone: milestone.to_owned(), nearest })
    }

    fn kind(&self, setting: &str, kind: &str) -> Result<(), FlowError> {
        let mut strong = self.recogniser.kinds().of_strength(Strength::Strong);
        if strong.any(|known| known == kind) {
            return Ok(());
        }
        let nearest = nearest(kind, self.recogniser.kinds().of_strength(Strength::Strong));
        Err(FlowError::Kind { setting: self.at(setting), kind: kind.to_owned(), nearest })
    }

    /// Each part can hold by itself.
    fn parts(&self) -> Result<(), FlowError> {
        for (name, milestone) in &self.flow.milestones {
            let setting = format!("milestones.{name}");
            if milestone.at_most == Some(0) {
                let reason = "a milestone that may be reached 0 times is none: take it away, or make it a sign";
                return Err(self.contradiction(format!("{setting}.at_most"), reason));
            }
            if milestone.parts_of.as_ref() == Some(name) {
                return Err(self.contradiction(format!("{setting}.parts_of"), "a milestone cannot be a part of itself"));
            }
            if milestone.at_most.is_none() && (milestone.parts_of.is_some() || milestone.finding.is_some()) {
                let reason = "without `at_most` it is never reached too often";
                return Err(self.contradiction(setting, reason));
            }
        }
        for (index, step) in self.flow.steps.iter().enumerate() {
            let place = format!("steps[{index}]");
            if step.milestone == step.of {
                return Err(self.contradiction(place, format!("{:?} cannot follow itself", step.of)));
            }
            if step.within.get().is_zero() {
                return Err(
                    self.contradiction(format!("{place}.within"), "nothing follows at once: write a time, or a `need`")
                );
            }
            if let Some(never) = step.unless.iter().find(|unless| **unless == step.of || **unless == step.milestone) {
                let reason = format!("with {never:?} the step would never be due");
                return Err(self.contradiction(format!("{place}.unless"), reason));
            }
        }
        for (index, need) in self.flow.needs.iter().enumerate() {
            let place = format!("needs[{index}].after");
            if need.after.is_empty() {
                let remedy = "write the milestones of which one must have come before";
                return Err(FlowError::Empty { setting: self.at(place), remedy });
            }
            if need.after.contains(&need.milestone) {
                return Err(self.contradiction(place, format!("{:?} cannot need itself", need.milestone)));
            }
        }
        for (index, amount) in self.flow.amounts.iter().enumerate() {
            let place = format!("amounts[{index}]");
            if amount.milestone == amount.equals {
                return Err(self.contradiction(place, format!("{:?} always equals itself", amount.equals)));
            }
            if amount.when.is_empty() {
                let remedy = "write the milestones after which nothing is added any more";
                return Err(FlowError::Empty { setting: self.at(format!("{place}.when")), remedy });
            }
        }
        Ok(())
    }

    /// What must come before what has a beginning.
    fn order(&self) -> Result<(), FlowError> {
        // Milestone -> what must have come before it, and which setting says so.
        let mut before: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
        for (index, step) in self.flow.steps.iter().enumerate() {
            before.entry(&step.milestone).or_default().push((&step.of, format!("steps[{index}]")));
        }
        for (index, need) in self.flow.needs.iter().enumerate() {
            // Of several one is enough, so none of them must.
            if let [only] = &need.after[..] {
                before.entry(&need.milestone).or_default().push((only, format!("needs[{index}]")));
            }
        }
        let mut done: HashMap<&str, bool> = HashMap::new();
        let mut stack: Vec<(&str, usize)> = Vec::new();
        for start in before.keys().copied() {
            stack.push((start, 0));
            while let Some((milestone, next)) = stack.pop() {
                let earlier = before.get(milestone).map(Vec::as_slice).unwrap_or_default();
                if next == 0 {
                    if done.get(milestone) == Some(&true) {
                        continue;
                    }
                    done.insert(milestone, false);
                }
                let Some((earlier, setting)) = earlier.get(next) else {
                    done.insert(milestone, true);
                    continue;
                };
                stack.push((milestone, next + 1));
                match done.get(earlier) {
                    Some(true) => {}
                    Some(false) => {
                        let circle = stack.iter().skip_while(|(on, _)| on != earlier).map(|(on, _)| *on);
                        let circle = circle.chain([*earlier]).collect::<Vec<_>>().join(" after ");
                        return Err(self.contradiction(setting, format!("no order of these can hold: {circle}")));
                    }
                    None => stack.push((earlier, 0)),
                }
            }
        }
        Ok(())
    }
}
