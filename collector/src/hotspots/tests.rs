use ordertrace_api::journey::Observer;

use super::figures::tests::sums;
use super::*;

const MINUTES: Minutes = Minutes { since_s: 1_795_200_000, until_s: 1_795_200_060 };

fn report(to: &str, operation: &str, attempts: u64, each_ns: u64) -> Report {
    Report {
        from: String::new(),
        to: to.to_owned(),
        operation: operation.to_owned(),
        observer: Observer::Server,
        sums: sums(attempts, 0, 0, each_ns),
    }
}

fn costs(handoffs: Vec<Report>, seconds: f64) -> Costs {
    let mut systems: BTreeMap<String, Sums> = BTreeMap::new();
    for handoff in &handoffs {
        systems.entry(handoff.to.clone()).or_default().add(&handoff.sums);
    }
    Costs { handoffs, systems, orders: OrderCosts::default(), seconds, more: false }
}

#[test]
fn the_costliest_come_first_with_what_they_were() {
    let now = costs(vec![report("erp", "b", 1, 9), report("erp", "a", 3, 3), report("oms", "c", 1, 10)], 60.0);
    let then = costs(vec![report("erp", "a", 30, 1), report("wms", "gone", 1, 1)], 10.0);
    let reply = reply(MINUTES, &now, Some(MINUTES.earlier(Against::Day)), &then);
    let lines: Vec<_> = reply.handoffs.iter().map(|handoff| (&*handoff.operation, handoff.figures.time_ns)).collect();
    assert_eq!(lines, [("c", 10), ("a", 9), ("b", 9), ("gone", 0)]);
    let before: Vec<_> = reply.handoffs.iter().map(|handoff| handoff.before.map(|before| before.per_s)).collect();
    assert_eq!(before, [None, Some(3.0), None, Some(0.1)]);
    let gone: Vec<bool> = reply.handoffs.iter().map(|handoff| handoff.figures.is_gone()).collect();
    assert_eq!(gone, [false, false, false, true]);
    let systems: Vec<_> = reply.systems.iter().map(|system| (&*system.system, system.figures.attempts)).collect();
    assert_eq!(systems, [("erp", 4), ("oms", 1), ("wms", 0)]);
    assert_eq!(reply.systems[0].before.unwrap().attempts, 30);
    assert_eq!(reply.range.until.to_string(), "2026-11-20T18:41:00Z");
    assert_eq!(reply.compared.unwrap().until.to_string(), "2026-11-19T18:41:00Z");
    assert!(!reply.more);
}

#[test]
fn of_a_range_that_was_not_read_as_a_whole_nothing_is_said_to_be_gone() {
    let now = Costs { more: true, ..costs(vec![report("erp", "b", 1, 9)], 60.0) };
    let then = costs(vec![report("erp", "a", 30, 1), report("wms", "c", 1, 1)], 60.0);
    let reply = reply(MINUTES, &now, Some(MINUTES.earlier(Against::Day)), &then);
    assert_eq!((reply.handoffs.len(), reply.systems.len()), (1, 1));
}

#[test]
fn the_cheapest_are_left_out_and_the_reply_says_so() {
    let many = |count: usize| {
        let handoffs = (0..count).map(|n| report("erp", &format!("op {n}"), 1, n as u64 + 1));
        reply(MINUTES, &costs(handoffs.collect(), 60.0), None, &Costs::default())
    };
    let cut = many(HANDOFFS_LIMIT + 1);
    assert_eq!((cut.handoffs.len(), cut.more), (HANDOFFS_LIMIT, true));
    assert_eq!(cut.handoffs.last().unwrap().operation, "op 1");
    assert_eq!(cut.systems[0].figures.attempts, HANDOFFS_LIMIT as u64 + 1, "systems have all of it");
    assert!(!many(HANDOFFS_LIMIT).more);
}
