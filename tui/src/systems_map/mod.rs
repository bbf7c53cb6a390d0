//! Which system hands on to which, and where that breaks: made from hotspots and findings.

mod layers;
mod trouble;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ordertrace_api::finding::{Finding, FindingKind, Severity};
use ordertrace_api::hotspot::Hotspots;

use crate::hotspot_table::{HotspotBy, Spot};

pub use trouble::{Level, Sign, Trouble};

/// What stands for whoever hands on where nobody says who it is.
pub const UNKNOWN: &str = "(unknown)";

/// All systems, along the traffic: who hands on before whom it hands on to.
#[derive(Clone, Debug, Default)]
pub struct SystemsMap {
    /// The systems by layer, then by name.
    pub systems: Vec<System>,
}

/// A system.
#[derive(Clone, Debug)]
pub struct System {
    /// Its name; `None` stands for those that are not known.
    pub name: Option<String>,
    /// How many systems it comes after, at most.
    pub layer: usize,
    /// All that it received; `None` when it received nothing.
    pub received: Option<Spot>,
    /// What is wrong with what it receives, or with itself.
    pub trouble: Trouble,
    /// Open findings that name it, the worst first.
    pub findings: Vec<Named>,
    /// What it hands on: what is in trouble first, of that what lies deepest.
    pub handoffs: Vec<Edge>,
    /// Who hands on to it, and whom it hands on to.
    pub callers: Vec<Neighbour>,
    /// Whom it hands on to.
    pub callees: Vec<Neighbour>,
}

/// What to look at first.
#[derive(Clone, Copy, Debug)]
pub enum Worst<'m> {
    /// A handoff.
    Handoff(&'m Edge),
    /// A system, of which no handoff tells more.
    System(&'m System),
}

/// A finding that names a system.
#[derive(Clone, Debug)]
pub struct Named {
    /// What kind of fault.
    pub kind: FindingKind,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub says: String,
}

/// A handoff.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Its figures.
    pub spot: Spot,
    /// What is wrong with it.
    pub trouble: Trouble,
    /// Whether it is broken, and what it leads to is broken in its turn: the fault lies deeper.
    pub follows: bool,
}

/// A system beside another.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Attempts per second of all handoffs between the two.
    pub per_s: f64,
    /// The worst of them.
    pub level: Level,
}

impl SystemsMap {
    /// The map of these hotspots, with the findings that are open.
    pub fn new(hotspots: &Hotspots, findings: &[Finding]) -> Self {
        let spots = Spot::all(hotspots, HotspotBy::Handoff);
        let received = Spot::all(hotspots, HotspotBy::System);
        // By name, so that systems that weigh the same stand alike each time. None comes first.
        let ends = spots.iter().flat_map(|spot| [spot.from.clone(), Some(spot.to.clone())]);
        let names: BTreeSet<Option<String>> = ends.chain(received.iter().map(|spot| Some(spot.to.clone()))).collect();
        let mut systems: Vec<System> = names.into_iter().map(System::new).collect();
        let place: HashMap<Option<String>, usize> =
            systems.iter().enumerate().map(|(at, system)| (system.name.clone(), at)).collect();
        let at = |name: Option<&String>| place.get(&name.cloned()).copied();
        for finding in findings {
            if let Some(at) = finding.system.as_ref().and_then(|name| at(Some(name))) {
                let Finding { kind, severity, says, .. } = finding;
                systems[at].findings.push(Named { kind: *kind, severity: *severity, says: says.clone() });
            }
        }
        for spot in received {
            if let Some(at) = at(Some(&spot.to)) {
                let kinds = systems[at].finding_kinds();
                systems[at].trouble = Trouble::of_spot(&spot, &kinds);
                systems[at].received = Some(spot);
            }
        }
        let mut weights = Vec::with_capacity(spots.len());
        for spot in spots {
            let (Some(from), Some(to)) = (at(spot.from.as_ref()), at(Some(&spot.to))) else { continue };
            // What is gone still says which way the traffic goes.
            let before = spot.before.as_ref().map_or(0, |(before, _)| before.attempts);
            weights.push((from, to, spot.figures.attempts.max(before) as f64));
            let kinds: Vec<FindingKind> =
                systems[from].finding_kinds().into_iter().chain(systems[to].finding_kinds()).collect();
            let trouble = Trouble::of_spot(&spot, &kinds);
            systems[from].handoffs.push(Edge { spot, trouble, follows: false });
        }
        for (system, layer) in systems.iter_mut().zip(layers::layers(place.len(), &weights)) {
            system.layer = layer;
            system.trouble = system.trouble.or_found(&system.finding_kinds());
        }
        let mut map = Self { systems };
        map.trace_back();
        map.introduce();
        map.systems.sort_by(|one, other| (one.layer, &one.name).cmp(&(other.layer, &other.name)));
        map
    }

    /// Tells handoffs that are broken from those that break because another does. What breaks on the way back explains
    /// nothing: each of the two would be explained by the other.
    fn trace_back(&mut self) {
        let mut breaks: HashMap<String, HashSet<String>> = HashMap::new();
        for system in &self.systems {
            let broken = system.handoffs.iter().filter(|edge| edge.trouble.level == Level::Broken);
            if let Some(name) = &system.name {
                breaks.insert(name.clone(), broken.map(|edge| edge.spot.to.clone()).collect());
            }
        }
        for system in &mut self.systems {
            for edge in &mut system.handoffs {
                let back = |to: &String| Some(to) == system.name.as_ref();
                let deeper = breaks.get(&edge.spot.to).is_some_and(|broken| broken.iter().any(|to| !back(to)));
                edge.follows = edge.trouble.level == Level::Broken && deeper;
            }
            // Stable: what weighs the same stays as the collector sorted it.
            system.handoffs.sort_by_key(|edge| Reverse(edge.urgency()));
        }
    }

    /// Tells systems of their neighbours.
    fn introduce(&mut self) {
        let mut between: BTreeMap<(Option<String>, String), (f64, Level)> = BTreeMap::new();
        for edge in self.systems.iter().flat_map(|system| &system.handoffs) {
            let (per_s, level) = between.entry((edge.spot.from.clone(), edge.spot.to.clone())).or_default();
            *per_s += edge.spot.figures.per_s;
            *level = edge.trouble.level.max(*level);
        }
        let place: HashMap<Option<String>, usize> =
            self.systems.iter().enumerate().map(|(at, system)| (system.name.clone(), at)).collect();
        for ((from, to), (per_s, level)) in between {
            let neighbour = |name: Option<&str>| Neighbour { name: name.unwrap_or(UNKNOWN).to_owned(), per_s, level };
            if let Some(at) = place.get(&Some(to.clone())) {
                self.systems[*at].callers.push(neighbour(from.as_deref()));
            }
            if let Some(at) = place.get(&from) {
                self.systems[*at].callees.push(neighbour(Some(&to)));
            }
        }
        let worst_first =
            |one: &Neighbour, other: &Neighbour| other.level.cmp(&one.level).then(other.per_s.total_cmp(&one.per_s));
        for system in &mut self.systems {
            system.callers.sort_by(worst_first);
            system.callees.sort_by(worst_first);
        }
    }

    /// How many handoffs there are.
    pub fn handoffs(&self) -> usize {
        self.systems.iter().map(|system| system.handoffs.len()).sum()
    }

    /// How many handoffs and systems are broken, and how many are worse than they were; a system is not counted
    /// where a handoff to it is.
    pub fn count(&self) -> (usize, usize) {
        let told: HashSet<&str> = self.edges_in_trouble().map(|edge| edge.spot.to.as_str()).collect();
        let systems = self.systems.iter().filter(|system| !told.contains(system.shown_name()));
        let levels = systems.map(|system| system.trouble.level);
        let all: Vec<Level> = levels.chain(self.edges_in_trouble().map(|edge| edge.trouble.level)).collect();
        let of = |level| all.iter().filter(|one| **one == level).count();
        (of(Level::Broken), of(Level::Worse))
    }

    /// What to look at first, if anything is in trouble: a handoff, unless a system is in worse trouble than any.
    pub fn worst(&self) -> Option<Worst<'_>> {
        let in_trouble = self.systems.iter().filter(|system| system.trouble.level > Level::Calm);
        let system = in_trouble.max_by_key(|system| (system.trouble.level, Reverse(&system.name)));
        let edge = self.edges_in_trouble().max_by_key(|edge| edge.urgency());
        match (edge, system) {
            (Some(edge), Some(system)) if system.trouble.level > edge.trouble.level => Some(Worst::System(system)),
            (Some(edge), _) => Some(Worst::Handoff(edge)),
            (None, system) => system.map(Worst::System),
        }
    }

    fn edges_in_trouble(&self) -> impl Iterator<Item = &Edge> {
        self.systems.iter().flat_map(|system| &system.handoffs).filter(|edge| edge.trouble.level > Level::Calm)
    }
}

impl System {
    fn new(name: Option<String>) -> Self {
        Self {
            name,
            layer: 0,
            received: None,
            trouble: Trouble::default(),
            findings: Vec::new(),
            handoffs: Vec::new(),
            callers: Vec::new(),
            callees: Vec::new(),
        }
    }

    /// Its name for people.
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(UNKNOWN)
    }

    /// The worst of it and of what it hands on.
    pub fn level(&self) -> Level {
        self.handoffs.iter().map(|edge| edge.trouble.level).max().unwrap_or_default().max(self.trouble.level)
    }

    /// The worst that is known of it in a word: a finding, or what its figures tell; empty for nothing.
    pub fn word(&self) -> &'static str {
        self.findings.first().map_or(self.trouble.word(), |finding| finding.kind.name())
    }

    fn finding_kinds(&self) -> Vec<FindingKind> {
        self.findings.iter().map(|finding| finding.kind).collect()
    }
}

impl Edge {
    /// What comes first: the worst, of that what is new, of that what nothing deeper explains, of that what fails
    /// most often.
    fn urgency(&self) -> (Level, bool, bool, u64, u64) {
        let figures = &self.spot.figures;
        (self.trouble.level, !self.trouble.usual, !self.follows, figures.failed, figures.time_ns)
    }
}

#[cfg(test)]
mod tests;
