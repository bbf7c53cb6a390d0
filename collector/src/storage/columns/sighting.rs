use hashbrown::HashMap;
use ordertrace_api::keys::Strength;

use crate::record::Mention;
use crate::union::Union;

/// Where and when keys were seen together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'r> {
    pub trace_id: [u8; 16],
    pub at_ns: i64,
    pub seen_in: &'r str,
    pub milestone: &'r str,
}

/// What one request says of keys, by trace.
#[derive(Debug, Default)]
pub(super) struct Sightings<'r> {
    numbers: HashMap<[u8; 16], usize>,
    traces: Vec<Trace<'r>>,
    /// Those who join nothing, but may have reached a milestone.
    pub of_batches: Vec<(Mention<'r>, Place<'r>)>,
}

/// The keys in a trace, or outside of any.
#[derive(Debug, Default)]
pub(super) struct Trace<'r> {
    pub trace_id: [u8; 16],
    keys: Vec<Seen<'r>>,
    /// Which of them were seen together, by their places.
    together: Union,
    /// Which key is where, once they are many.
    numbers: HashMap<Mention<'r>, usize>,
    /// Whether a milestone was reached in it that stands with no key.
    keyless_milestone: bool,
}

/// Up to so many keys are compared one by one.
const FEW: usize = 16;

#[derive(Debug)]
struct Seen<'r> {
    key: Mention<'r>,
    last_ns: i64,
    milestones: Vec<Place<'r>>,
}

/// Keys of a trace that were seen together, directly or by way of others.
#[derive(Debug)]
pub(super) struct Company<'r> {
    /// The one that names an order best.
    pub first: Mention<'r>,
    pub others: Vec<Mention<'r>>,
    pub last_ns: i64,
    pub milestones: Vec<Place<'r>>,
}

impl<'r> Sightings<'r> {
    /// Adds what stands in one place.
    pub(super) fn add(&mut self, place: Place<'r>, keys: &[Mention<'r>]) {
        if keys.is_empty() && place.milestone.is_empty() {
            return;
        }
        if keys.iter().any(|key| key.strength == Strength::Weak) && !place.milestone.is_empty() {
            self.of_batches.extend(batch(keys).map(|key| (key, place)));
        }
        let last = self.traces.len().saturating_sub(1);
        let number = match self.traces.last() {
            Some(trace) if trace.trace_id == place.trace_id => last,
            _ => *self.numbers.entry(place.trace_id).or_insert(self.traces.len()),
        };
        if number == self.traces.len() {
            self.traces.push(Trace { trace_id: place.trace_id, ..Trace::default() });
        }
        if let Some(trace) = self.traces.get_mut(number) {
            trace.add(place, keys);
        }
    }

    /// The traces in which keys were seen, and that which stands for none.
    pub(super) fn traces(&self) -> &[Trace<'r>] {
        &self.traces
    }
}

/// Those that name too many orders to join any: of a kind that weak keys are of by nature
/// there is hardly ever more than one in one place.
fn batch<'k, 'r>(keys: &'k [Mention<'r>]) -> impl Iterator<Item = Mention<'r>> + 'k {
    let weak = |key: &&Mention<'r>| key.strength == Strength::Weak;
    let several = move |kind: &str| keys.iter().filter(weak).filter(|key| key.kind == kind).nth(1).is_some();
    keys.iter().filter(weak).filter(move |key| several(key.kind)).copied()
}

impl<'r> Trace<'r> {
    fn add(&mut self, place: Place<'r>, keys: &[Mention<'r>]) {
        let mut strong: Option<usize> = None;
        for key in keys.iter().filter(|key| key.strength != Strength::Weak) {
            let number = self.number(key, place.at_ns);
            let Some(seen) = self.keys.get_mut(number) else { continue };
            seen.last_ns = seen.last_ns.max(place.at_ns);
            if key.is_strong() {
                match strong {
                    Some(other) => {
                        self.together.join(other, number);
                    }
                    None => strong = Some(number),
                }
            }
        }
        if !place.milestone.is_empty() {
            match strong.and_then(|number| self.keys.get_mut(number)) {
                Some(seen) => seen.milestones.push(place),
                None => self.keyless_milestone = true,
            }
        }
    }

    fn number(&mut self, key: &Mention<'r>, at_ns: i64) -> usize {
        let known = if self.keys.len() <= FEW {
            self.keys.iter().position(|seen| seen.key.is_same_key(key) && seen.key.strength == key.strength)
        } else {
            self.numbers.get(key).copied()
        };
        if let Some(number) = known {
            return number;
        }
        let number = self.together.add();
        self.keys.push(Seen { key: *key, last_ns: at_ns, milestones: Vec::new() });
        if number == FEW {
            self.numbers = self.keys.iter().enumerate().map(|(number, seen)| (seen.key, number)).collect();
        } else if number > FEW {
            self.numbers.insert(*key, number);
        }
        number
    }

    /// Whether something was reached by this company, or by whichever of them it was in this trace.
    pub(super) fn has_reached(&self, company: &Company<'r>) -> bool {
        self.keyless_milestone || !company.milestones.is_empty()
    }

    /// All keys, those that were seen together in one company.
    pub(super) fn companies(&self) -> Vec<Company<'r>> {
        let mut companies: Vec<Company<'r>> = Vec::new();
        let mut of_key = vec![0; self.keys.len()];
        for (number, seen) in self.keys.iter().enumerate() {
            // It is an earlier key, or this one.
            let root = self.together.find(number);
            if root == number {
                of_key[number] = companies.len();
                companies.push(Company::of(seen));
            } else if let Some(company) = companies.get_mut(of_key[root]) {
                company.add(seen);
            }
        }
        companies
    }
}

impl<'r> Company<'r> {
    fn of(seen: &Seen<'r>) -> Self {
        let Seen { key, last_ns, milestones, .. } = seen;
        let milestones = milestones.clone();
        Self { first: *key, others: Vec::new(), last_ns: *last_ns, milestones }
    }

    fn add(&mut self, seen: &Seen<'r>) {
        if seen.key.rank() < self.first.rank() {
            self.others.push(std::mem::replace(&mut self.first, seen.key));
        } else {
            self.others.push(seen.key);
        }
        self.last_ns = self.last_ns.max(seen.last_ns);
        self.milestones.extend_from_slice(&seen.milestones);
    }

    /// Whether it is an order's: a cart alone is none, nor is a session.
    pub(super) fn is_order(&self) -> bool {
        self.first.is_of_order()
    }
}
