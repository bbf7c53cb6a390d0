use hashbrown::HashMap;

use super::sketch::Sketch;
use crate::native::{Block, BlockBuilder, Dictionary, Fixed, States};
use crate::record::{SpanRecord, SpanStatus};
use crate::storage::codes::observer_code;

const MINUTE_NS: i64 = 60_000_000_000;

/// The table `handoffs_per_minute`: what the spans of the group add to it.
#[derive(Debug, Default)]
pub(super) struct Handoffs {
    to: Dictionary,
    from: Dictionary,
    operation: Dictionary,
    places: HashMap<Identity, usize>,
    sums: Vec<(Identity, Sums)>,
}

/// The numbers are those of the dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity {
    minute_s: u32,
    to: u32,
    from: u32,
    operation: u32,
    observer: i8,
}

#[derive(Debug, Default)]
struct Sums {
    attempts: u64,
    failed: u64,
    resent: u64,
    duration_ns: u64,
    durations: Sketch,
}

impl Handoffs {
    /// Adds the ends of handoffs among the spans.
    pub(super) fn extend(&mut self, spans: &[SpanRecord<'_>]) {
        for span in spans.iter().filter(|span| span.noise.is_empty()) {
            let Some(side) = span.side else { continue };
            let minute_s = span.started_at_ns.div_euclid(MINUTE_NS).saturating_mul(60);
            let identity = Identity {
                minute_s: minute_s.clamp(0, i64::from(u32::MAX)) as u32,
                to: self.to.number(side.to),
                from: self.from.number(side.from),
                operation: self.operation.number(side.operation),
                observer: observer_code(side.observer),
            };
            let place = *self.places.entry(identity).or_insert(self.sums.len());
            if place == self.sums.len() {
                self.sums.push((identity, Sums::default()));
            }
            let Some((_, sums)) = self.sums.get_mut(place) else { continue };
            sums.attempts += 1;
            sums.failed += u64::from(span.status == SpanStatus::Error || side.status_code >= 400);
            sums.resent += u64::from(side.resend_count > 0);
            sums.duration_ns = sums.duration_ns.wrapping_add(span.duration_ns);
            sums.durations.add(span.duration_ns);
        }
    }

    pub(super) fn into_block(self) -> Block {
        let Self { mut to, mut from, mut operation, sums, .. } = self;
        let mut minute = Fixed::<4>::new("DateTime('UTC')");
        let mut observer =
            Fixed::<1>::new("Enum8('client' = 1, 'producer' = 2, 'proxy' = 3, 'server' = 4, 'consumer' = 5)");
        let [mut attempts, mut failed, mut resent, mut duration_ns] = [(); 4].map(|()| Fixed::<8>::new("UInt64"));
        let mut durations = States::new("AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt64)");
        let rows = sums.len();
        for (identity, sums) in &sums {
            minute.push(identity.minute_s.to_le_bytes());
            to.push_number(identity.to);
            from.push_number(identity.from);
            operation.push_number(identity.operation);
            observer.push(identity.observer.to_le_bytes());
            attempts.push(sums.attempts.to_le_bytes());
            failed.push(sums.failed.to_le_bytes());
            resent.push(sums.resent.to_le_bytes());
            duration_ns.push(sums.duration_ns.to_le_bytes());
            durations.push(|bytes| sums.durations.write(bytes));
        }
        let mut block = BlockBuilder::new(rows);
        block
            .column("minute", minute)
            .column("handoff_to", to)
            .column("handoff_from", from)
            .column("operation", operation)
            .column("observer", observer)
            .column("attempts", attempts)
            .column("failed", failed)
            .column("resent", resent)
            .column("duration_ns", duration_ns)
            .column("durations", durations);
        block.finish()
    }
}
