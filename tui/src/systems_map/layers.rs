//! Which systems come before which, by where the traffic goes.

use std::collections::BTreeMap;

/// For each of `count` systems how many it comes after, given who hands how much to whom. What flows back
/// (webhooks, confirmations) is less than what flows on, so of each circle the weakest part is left out of
/// account: the order is found as Eades, Lin and Smyth do (*A fast and effective heuristic for the feedback arc set
/// problem*, 1993), but for what a system hands on to those at the end of the way, which counts throughout: it tells
/// a storefront from a warehouse that confirms each order. The layer of a system is the longest way to it. What
/// weighs the same goes by number.
pub(super) fn layers(count: usize, handoffs: &[(usize, usize, f64)]) -> Vec<usize> {
    let forward = net(count, handoffs);
    let order = order(count, &forward);
    let mut place = vec![0; count];
    for (at, system) in order.iter().enumerate() {
        place[*system] = at;
    }
    let mut from_of: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in forward.keys().filter(|(from, to)| place[*from] < place[*to]) {
        from_of[*to].push(*from);
    }
    let mut layers = vec![0; count];
    for system in order {
        layers[system] = from_of[system].iter().map(|from| layers[*from] + 1).max().unwrap_or(0);
    }
    layers
}

/// How much more goes one way than back, between each two systems.
fn net(count: usize, handoffs: &[(usize, usize, f64)]) -> BTreeMap<(usize, usize), f64> {
    let mut sums: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (from, to, weight) in handoffs.iter().filter(|(from, to, _)| from != to && (*from).max(*to) < count) {
        // Whether anything was handed on matters before how much.
        *sums.entry((*from, *to)).or_default() += weight.max(0.0) + 1.0;
    }
    let back = |(from, to): (usize, usize)| sums.get(&(to, from)).copied().unwrap_or(0.0);
    let net = |(pair, weight): (&(usize, usize), &f64)| (*pair, weight - back(*pair));
    sums.iter().map(net).filter(|((from, to), weight)| *weight > 0.0 || *weight == 0.0 && from < to).collect()
}

/// All systems, so that little flows back.
fn order(count: usize, forward: &BTreeMap<(usize, usize), f64>) -> Vec<usize> {
    let mut surplus = vec![0.0; count];
    let (mut outgoing, mut incoming) = (vec![0_usize; count], vec![0_usize; count]);
    // Whether the other one receives, or hands on.
    let mut beside: Vec<Vec<(usize, bool)>> = vec![Vec::new(); count];
    for ((from, to), weight) in forward {
        surplus[*from] += weight;
        surplus[*to] -= weight;
        outgoing[*from] += 1;
        incoming[*to] += 1;
        beside[*from].push((*to, true));
        beside[*to].push((*from, false));
    }
    let mut left: Vec<usize> = (0..count).collect();
    let (mut first, mut last) = (Vec::with_capacity(count), Vec::new());
    while !left.is_empty() {
        let source = left.iter().position(|system| incoming[*system] == 0);
        let sink = || left.iter().position(|system| outgoing[*system] == 0);
        let most = || {
            let by_surplus = |(_, one): &(usize, &usize), (_, other): &(usize, &usize)| {
                surplus[**one].total_cmp(&surplus[**other]).then(other.cmp(one))
            };
            left.iter().enumerate().max_by(by_surplus).map(|(at, _)| at)
        };
        let (at, is_sink) = match (source, source.map_or_else(sink, |_| None)) {
            (Some(at), _) => (at, false),
            (None, Some(at)) => (at, true),
            (None, None) => (most().unwrap_or(0), false),
        };
        let system = left.remove(at);
        let side = if is_sink { &mut last } else { &mut first };
        side.push(system);
        for (other, receives) in std::mem::take(&mut beside[system]) {
            let ends = if receives { &mut incoming[other] } else { &mut outgoing[other] };
            *ends = ends.saturating_sub(1);
        }
    }
    first.extend(last.into_iter().rev());
    first
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_flows_back_turns_nothing_round() {
        let (storefront, payments, oms, erp, wms) = (0, 1, 2, 3, 4);
        let handoffs = [
            (storefront, payments, 1_000.0),
            // Webhooks, and a circle over three.
            (payments, storefront, 20.0),
            (storefront, oms, 900.0),
            (oms, erp, 900.0),
            (oms, wms, 800.0),
            (wms, storefront, 30.0),
            (erp, erp, 5_000.0),
        ];
        assert_eq!(layers(5, &handoffs), [0, 1, 1, 2, 2]);
    }

    #[test]
    fn nobody_is_first_of_a_circle_of_equals() {
        assert_eq!(layers(2, &[(0, 1, 5.0), (1, 0, 5.0)]), [0, 1]);
        assert_eq!(layers(3, &[(0, 1, 5.0), (1, 2, 5.0), (2, 0, 5.0)]), [0, 1, 2]);
        assert_eq!(layers(0, &[]), [0; 0]);
        assert_eq!(layers(1, &[(0, 7, 1.0)]), [0]);
    }

    proptest! {
        #[test]
        fn whoever_hands_on_without_anything_flowing_back_comes_first(
            handoffs in prop::collection::vec((0..12_usize, 0..12_usize, (0..9_u8).prop_map(f64::from)), 0..60),
        ) {
            let forward: Vec<_> = handoffs.iter().copied().filter(|(from, to, _)| from < to).collect();
            let acyclic = layers(12, &forward);
            for (from, to, _) in &forward {
                prop_assert!(acyclic[*from] < acyclic[*to]);
            }
            // With circles there is an answer too, the same whichever way the handoffs are told.
            let mut reversed = handoffs.clone();
            reversed.reverse();
            let (one, other) = (layers(12, &handoffs), layers(12, &reversed));
            prop_assert!(one.iter().all(|layer| *layer < 12));
            prop_assert_eq!(one, other);
        }
    }
}
