use FindingKind::{
    AmountMismatch, DoubleCharge, DuplicateOrder, DuplicateShipment, FallbackUsed, MissedDeadline, Oversell,
    PaidNotCreated, ReachedTooOften, RefundWithoutReturn, ShippedWithoutPayment, StuckOrder,
};

use super::*;

/// An order that goes as it should, up to its delivery.
fn fine() -> Vec<Sighting> {
    vec![
        seen(0, "order.placed").amount("100.00").units("3").with("order", "A"),
        seen(1, "payment.authorised").with("payment", "P"),
        seen(2, "payment.captured").amount("100.00").with("charge", "C").with("payment", "P").intent("k1"),
        seen(3, "order.created").with("order", "A").with("erp_doc", "S"),
        seen(86_400, "shipment.created").units("3").with("shipment", "H"),
        seen(172_800, "shipment.delivered").with("shipment", "H"),
    ]
}

fn without(name: &str) -> Vec<Sighting> {
    fine().into_iter().filter(|sighting| sighting.name != name).collect()
}

fn and(more: Vec<Sighting>) -> Vec<Sighting> {
    fine().into_iter().chain(more).collect()
}

#[test]
fn an_order_that_goes_as_it_should() {
    assert_eq!(faults(&fine(), 40 * DAY), []);
    // Every sighting is told by caller, receiver and webhook, and some of them bear no key.
    let again = fine().into_iter().flat_map(|sighting| {
        let bare = Sighting { keys: Vec::new(), system: "payments".to_owned(), ..sighting.clone() };
        [sighting.clone(), sighting, bare]
    });
    assert_eq!(faults(&again.collect::<Vec<_>>(), 40 * DAY), []);
}

#[test]
fn paid_and_not_created() {
    let mut order = without("order.created");
    order.retain(|sighting| !sighting.name.starts_with("shipment."));
    // 2 s, two minutes, and half a minute in which evidence may be late.
    let known = (2 + 120 + 30) * SECOND;
    let before = verdict(&order, known - 1);
    assert_eq!((before.faults.len(), before.again_ns), (0, Some(known)));
    let found = verdict(&order, known);
    assert_eq!(found.faults[0].kind, PaidNotCreated);
    assert_eq!(found.faults[0].since_ns, 122 * SECOND);
    assert_eq!(found.faults[0].money.as_ref().map(|money| money.amount.as_str()), Some("100.00"));

    // It was created in time after all, and told of late.
    order.push(seen(110, "order.created"));
    assert_eq!(faults(&order, known), []);
    // It was created, late.
    order.pop();
    order.push(seen(200, "order.created"));
    let late = verdict(&order, 300 * SECOND);
    assert_eq!(late.faults[0].closed, Some((200 * SECOND, "order.created came 1m 18s late".to_owned())));
}

#[test]
fn a_cancelled_order_owes_nothing() {
    let order = [
        seen(0, "order.placed").amount("10"),
        seen(2, "payment.captured").amount("10").with("charge", "C"),
        seen(60, "order.cancelled"),
        seen(90, "refund.issued").amount("10").with("refund", "R"),
    ];
    assert_eq!(faults(&order, 40 * DAY), []);
}

#[test]
fn a_charge_for_each_of_two_intents() {
    let twice = |second: Sighting| faults(&and(vec![second]), 3 * DAY);
    let second = || seen(9, "payment.captured").amount("100.00").with("payment", "P");
    assert_eq!(twice(second().with("charge", "D").intent("k2")), [(DoubleCharge, true)]);
    assert_eq!(twice(second().with("charge", "D").intent("k1")), [(DoubleCharge, true)], "the key was not heeded");
    assert_eq!(twice(second().intent("k2")), [(DoubleCharge, true)], "nobody saw the second charge's id");
    assert_eq!(twice(second().with("charge", "C").intent("k2")), [], "another intent, answered with the same charge");
    assert_eq!(twice(second().intent("k1")), [], "a retry");
    assert_eq!(twice(second()), [], "a webhook that says little");
}

#[test]
fn the_excess_of_a_double_charge_and_its_refund() {
    let second = seen(9, "payment.captured").amount("100.00").with("charge", "D");
    let found = verdict(&and(vec![second.clone()]), 3 * DAY);
    assert_eq!(found.faults[0].says, "payment.captured 2 times, 100.00 EUR too much");
    assert_eq!(found.faults[0].since_ns, 9 * SECOND);
    let back = seen(600, "refund.issued").amount("100.00").with("refund", "R");
    let cancelled = seen(500, "return.received").with("return", "T");
    assert_eq!(faults(&and(vec![second, cancelled, back]), 3 * DAY), [(DoubleCharge, false)]);
}

#[test]
fn captures_in_parts_are_no_double_charge() {
    let mut order = without("payment.captured");
    order.push(seen(2, "payment.captured").amount("60.00").with("charge", "C"));
    order.push(seen(9, "payment.captured").amount("40.00").with("charge", "D"));
    assert_eq!(faults(&order, 3 * DAY), []);
    order.push(seen(10, "payment.captured").amount("0.01").with("charge", "E"));
    assert_eq!(faults(&order, 3 * DAY), [(DoubleCharge, true)]);
}

#[test]
fn two_documents_for_one_order() {
    assert_eq!(
        faults(&and(vec![seen(9, "order.created").with("order", "A").with("erp_doc", "T")]), 3 * DAY),
        [(DuplicateOrder, true)]
    );
    assert_eq!(faults(&and(vec![seen(9, "order.created").with("order", "A").with("erp_doc", "S")]), 3 * DAY), []);
}

#[test]
fn shipments_in_parts_and_shipments_twice() {
    let parts = |first: &str, second: &str| {
        let mut order = without("shipment.created");
        order.push(seen(86_400, "shipment.created").units(first).with("shipment", "H"));
        order.push(seen(86_500, "shipment.created").units(second).with("shipment", "I"));
        order.push(seen(172_900, "shipment.delivered").with("shipment", "I"));
        faults(&order, 20 * DAY)
    };
    assert_eq!(parts("1", "2"), []);
    assert_eq!(parts("3", "3"), [(DuplicateShipment, true)]);
}

#[test]
fn each_shipment_has_a_deadline_of_its_own() {
    let mut order = without("shipment.created");
    order.push(seen(86_400, "shipment.created").units("1").with("shipment", "H"));
    order.push(seen(86_400, "shipment.created").units("2").with("shipment", "I"));
    let found = verdict(&order, 20 * DAY);
    assert_eq!(found.faults.len(), 1, "{found:?}");
    assert_eq!((found.faults[0].kind, found.faults[0].about.as_str()), (MissedDeadline, "shipment:I"));
}

#[test]
fn shipped_without_payment() {
    let mut order = fine();
    order.retain(|sighting| !sighting.name.starts_with("payment."));
    assert_eq!(faults(&order, 20 * DAY), [(ShippedWithoutPayment, true)]);
    let sold_elsewhere = seen(0, "order.placed").with("marketplace_order", "M");
    assert_eq!(faults(&[order.clone(), vec![sold_elsewhere]].concat(), 20 * DAY), []);
    order.push(seen(90_000, "payment.captured").amount("100.00").with("charge", "C"));
    assert_eq!(faults(&order, 20 * DAY), [(ShippedWithoutPayment, false)]);
}

#[test]
fn a_refund_needs_a_return() {
    let refund = || seen(200_000, "refund.issued").amount("30").with("refund", "R");
    assert_eq!(faults(&and(vec![refund()]), 20 * DAY), [(RefundWithoutReturn, true)]);
    let returned = seen(190_000, "return.received").with("return", "T");
    assert_eq!(faults(&and(vec![returned.clone(), refund()]), 20 * DAY), []);
    // More went back than ever came.
    let more = seen(210_000, "refund.issued").amount("80").with("refund", "Q");
    assert_eq!(faults(&and(vec![returned.clone(), refund(), more]), 20 * DAY), [(ReachedTooOften, true)]);
    assert_eq!(faults(&and(vec![returned]), 20 * DAY), [(MissedDeadline, true)], "the refund is due");
}

#[test]
fn an_amount_that_is_not_the_orders() {
    let captured = |amount: &str, now_ns| {
        let mut order = without("payment.captured");
        order.push(seen(2, "payment.captured").amount(amount).with("charge", "C"));
        faults(&order, now_ns)
    };
    assert_eq!(captured("100", 20 * DAY), [], "the same amount, written otherwise");
    assert_eq!(captured("110.00", 3 * SECOND), [(AmountMismatch, true)]);
    assert_eq!(captured("90.00", 100_000 * SECOND), [], "the rest may come with another shipment");
    assert_eq!(captured("90.00", 20 * DAY), [(AmountMismatch, true)]);
    assert_eq!(captured("many", 20 * DAY), [], "what cannot be read is not compared");
}

#[test]
fn other_currencies_are_not_compared() {
    let mut order = without("payment.captured");
    let mut captured = seen(2, "payment.captured").amount("108.00").with("charge", "C");
    captured.said.currency = "usd".to_owned();
    order.push(captured);
    assert_eq!(faults(&order, 20 * DAY), []);
}

#[test]
fn out_of_stock() {
    let cancelled = |reason: &str| {
        let order = [seen(0, "order.placed").amount("10"), seen(60, "order.cancelled").reason(reason)];
        (faults(&order, DAY), faults(&order, 2 * DAY))
    };
    assert_eq!(cancelled("out_of_stock"), (vec![(Oversell, true)], vec![(Oversell, false)]));
    assert_eq!(cancelled("customer"), (vec![], vec![]));
}

#[test]
fn a_fallback_is_good_to_know_and_hides_nothing() {
    let order = [seen(0, "order.placed"), seen(1, "fallback.used").reason("tax_estimate")];
    assert_eq!(faults(&order, 2 * SECOND), [(FallbackUsed, true)]);
    assert_eq!(faults(&order, 20 * DAY), [(StuckOrder, true), (FallbackUsed, false)]);
}

#[test]
fn stuck_when_nothing_else_explains_it() {
    let order = [seen(0, "order.placed")];
    assert_eq!(faults(&order, 14 * DAY - 1), []);
    assert_eq!(verdict(&order, 14 * DAY - 1).again_ns, Some(14 * DAY));
    assert_eq!(faults(&order, 14 * DAY), [(StuckOrder, true)]);
    let paid = [seen(0, "order.placed"), seen(2, "payment.captured").with("charge", "C")];
    assert_eq!(faults(&paid, 14 * DAY + 10 * SECOND), [(PaidNotCreated, true)]);
}

#[test]
fn an_order_to_be_picked_up_is_not_shipped() {
    let order = [
        seen(0, "order.placed"),
        seen(2, "payment.captured").with("charge", "C"),
        seen(3, "order.created"),
        seen(3600, "order.ready_for_pickup"),
        seen(9000, "order.picked_up"),
    ];
    assert_eq!(faults(&order, 40 * DAY), []);
}
