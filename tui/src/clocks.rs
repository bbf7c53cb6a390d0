//! What is known of systems' clocks, in words, for a screen or a report.

use ordertrace_api::journey::{Journey, SystemClock};

use crate::text::{Line, Tone, human, offset};

/// Systems named at most.
const SHOWN: usize = 3;

/// `+120ms ±4ms`.
pub fn ahead(clock: &SystemClock) -> String {
    format!("{} ±{}", offset(clock.ahead_ns), human(clock.uncertainty_ns))
}

/// The clock of a system, if it is known how far it is from another's.
pub fn clock_of<'j>(journey: &'j Journey, system: &str) -> Option<&'j SystemClock> {
    journey.clocks.iter().find(|clock| clock.system == system)
}

/// How far, at most, the difference of two systems' times may be wrong for how little is known of their
/// clocks; `None` when nothing is.
pub fn uncertainty_ns(journey: &Journey, one: &str, other: &str) -> Option<u64> {
    let of = |system: &str| {
        let clock = clock_of(journey, system).map(|clock| (clock.reference.as_str(), clock.uncertainty_ns));
        clock.or_else(|| {
            let of_others = journey.clocks.iter().find(|clock| clock.reference == system);
            of_others.map(|clock| (clock.reference.as_str(), 0))
        })
    };
    let ((of_one, one_ns), (of_other, other_ns)) = (of(one)?, of(other)?);
    (of_one == of_other).then(|| one_ns.saturating_add(other_ns))
}

/// `±1.2s` where clocks are certainly so far apart, or that times are told by one.
pub fn mark(journey: &Journey) -> Line {
    let apart = journey.clocks.iter().filter(|clock| clock.is_apart()).map(|clock| clock.ahead_ns.unsigned_abs());
    match apart.max() {
        Some(_) if journey.aligned => Line::of(Tone::Warning, "  ± one clock"),
        Some(most_ns) => Line::of(Tone::Warning, format!("  ±{}", human(most_ns))),
        None => Line::default(),
    }
}

/// Which clocks are certainly apart; nothing when none is. `remedy` says what to do about it.
pub fn apart(journey: &Journey, remedy: &str) -> Line {
    let apart: Vec<&SystemClock> = journey.clocks.iter().filter(|clock| clock.is_apart()).collect();
    let mut line = Line::default();
    if apart.is_empty() {
        return line;
    }
    line.push(Tone::Warning, if journey.aligned { "± by one clock, without: " } else { "± clocks apart: " });
    let of = |clock: &&SystemClock| format!("{} {} of {}", clock.system, ahead(clock), clock.reference);
    let mut named: Vec<String> = apart.iter().take(SHOWN).map(of).collect();
    if apart.len() > SHOWN {
        named.push(format!("{} more", apart.len() - SHOWN));
    }
    line.push(Tone::Warning, named.join(", "));
    line.push(Tone::Dim, remedy);
    line
}
