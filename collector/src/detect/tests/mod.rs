mod order_of_arrival;
mod rules;

use ordertrace_api::finding::FindingKind;
use ordertrace_api::keys::Key;

use super::*;
use crate::journey::Said;
use crate::recognise::Recogniser;
use crate::settings::RecogniseSettings;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// The flow of a shop.
fn flows() -> Flows {
    let recogniser = Recogniser::new(&RecogniseSettings::default()).unwrap();
    Flows::new(&[FlowSettings::shop()], &recogniser).unwrap()
}

/// A milestone seen so many seconds after the start of time.
fn seen(at_s: i64, name: &str) -> Sighting {
    Sighting { at_ns: at_s * SECOND, name: name.to_owned(), system: "oms".to_owned(), ..Sighting::default() }
}

impl Sighting {
    fn with(mut self, kind: &str, value: &str) -> Self {
        self.keys.push(Key { kind: kind.to_owned(), system: None, value: value.to_owned() });
        self
    }

    fn intent(self, key: &str) -> Self {
        let said = Said { idempotency_key: key.to_owned(), ..self.said };
        Self { said, ..self }
    }

    fn amount(self, amount: &str) -> Self {
        let said = Said { amount: amount.to_owned(), currency: "EUR".to_owned(), ..self.said };
        Self { said, ..self }
    }

    fn units(self, units: &str) -> Self {
        let said = Said { units: units.to_owned(), ..self.said };
        Self { said, ..self }
    }

    fn reason(self, reason: &str) -> Self {
        let said = Said { reason: reason.to_owned(), ..self.said };
        Self { said, ..self }
    }
}

/// What the shop's flow says at a time.
fn verdict(sightings: &[Sighting], now_ns: i64) -> Verdict {
    examine(&flows(), sightings, now_ns).unwrap().1
}

/// Kinds of faults and whether they hold, by kind.
fn faults(sightings: &[Sighting], now_ns: i64) -> Vec<(FindingKind, bool)> {
    let mut faults: Vec<_> =
        verdict(sightings, now_ns).faults.iter().map(|fault| (fault.kind, fault.closed.is_none())).collect();
    faults.sort_unstable();
    faults
}
