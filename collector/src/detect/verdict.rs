use ordertrace_api::finding::{FindingKind, Money};

use crate::journey::Sighting;

/// What the rules of a flow say of a journey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong, or was.
    pub faults: Vec<Fault>,
    /// When it is worth looking again though nothing new arrives, nanoseconds since the Unix epoch.
    pub again_ns: Option<i64>,
}

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault.
    pub kind: FindingKind,
    /// The rule, as the flow says it. With `about`, unique within a journey.
    pub rule: String,
    /// Which of several things of the journey that the rule is about; empty = the journey.
    pub about: String,
    /// Since when, nanoseconds since the Unix epoch.
    pub since_ns: i64,
    /// When it ceased to hold, and why.
    pub closed: Option<(i64, String)>,
    /// What is wrong, in a sentence.
    pub says: String,
    /// The money it is about.
    pub money: Option<Money>,
    /// What it was told from.
    pub evidence: Vec<Sighting>,
}

impl Verdict {
    /// Notes that something may be wrong from `at_ns` on.
    pub(super) fn look_again(&mut self, at_ns: i64) {
        self.again_ns = Some(self.again_ns.map_or(at_ns, |known| known.min(at_ns)));
    }

    /// Whether anything is wrong now.
    pub(super) fn is_wrong(&self) -> bool {
        self.faults.iter().any(|fault| fault.closed.is_none())
    }
}
