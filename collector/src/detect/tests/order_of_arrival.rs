use proptest::prelude::*;

use super::*;

/// Milestones of the shop's flow, with what tells their times apart.
fn sighting() -> impl Strategy<Value = Sighting> {
    let names = [
        "order.placed",
        "payment.authorised",
        "payment.captured",
        "order.created",
        "shipment.created",
        "shipment.delivered",
        "order.cancelled",
        "return.received",
        "refund.issued",
        "fallback.used",
    ];
    let key = (prop::sample::select(vec!["charge", "payment", "erp_doc", "shipment", "refund", "order"]), "[AB]");
    let said = ("(1|2)?", "(10|20|30)?", "(1|2)?", "(out_of_stock)?");
    (0..2_000_000_i64, prop::sample::select(names.to_vec()), prop::collection::vec(key, 0..3), said).prop_map(
        |(at_s, name, keys, (intent, amount, units, reason))| {
            let sighting = seen(at_s, name).intent(&intent).amount(&amount).units(&units).reason(&reason);
            keys.into_iter().fold(sighting, |sighting, (kind, value)| sighting.with(kind, &value))
        },
    )
}

proptest! {
    /// The same evidence gives the same findings, in whatever order it arrived and however often.
    #[test]
    fn does_not_matter(
        evidence in prop::collection::vec(sighting(), 0..12),
        order in any::<prop::sample::Index>(),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        now_s in 0..4_000_000_i64,
    ) {
        let flows = flows();
        let mut other = evidence.clone();
        if !other.is_empty() {
            other.extend(again.iter().map(|index| index.get(&evidence).clone()));
            let turn = order.index(other.len());
            other.rotate_left(turn);
            other.reverse();
        }
        let examined = |sightings: &[Sighting]| {
            examine(&flows, sightings, now_s * SECOND).map(|(_, verdict)| {
                let faults = verdict.faults.into_iter().map(|mut fault| {
                    fault.evidence.sort_unstable();
                    fault.evidence.dedup();
                    fault
                });
                (faults.collect::<Vec<_>>(), verdict.again_ns)
            })
        };
        prop_assert_eq!(examined(&evidence), examined(&other));
    }

    /// Nothing changes before the time at which another look was asked for.
    #[test]
    fn nothing_changes_before_it_is_looked_at_again(
        evidence in prop::collection::vec(sighting(), 0..12),
        now_s in 0..4_000_000_i64,
        later in any::<prop::sample::Index>(),
    ) {
        let flows = flows();
        let now_ns = now_s * SECOND;
        let Some((_, verdict)) = examine(&flows, &evidence, now_ns) else { return Ok(()) };
        let until_ns = verdict.again_ns.unwrap_or(now_ns + 400 * DAY);
        prop_assert!(until_ns > now_ns);
        let then_ns = now_ns + later.index((until_ns - now_ns) as usize) as i64;
        let then = examine(&flows, &evidence, then_ns).unwrap().1;
        prop_assert_eq!(verdict.faults, then.faults);
    }
}
