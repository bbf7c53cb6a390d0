use ordertrace_api::journey::{JourneyState, Milestone};
use ordertrace_api::order::{OrderSummary, OrdersPage, SlowestHandoff};

use super::{HOUR_MS, MINUTE_MS, SECOND_MS, at_ms};

/// One line of the list: placed `ago_ms` before the tests look, active until a minute later.
pub(super) fn summary(id: &str, ago_ms: u64, state: JourneyState) -> OrderSummary {
    let placed_ms = 51 * HOUR_MS + 20 * MINUTE_MS - ago_ms;
    let systems = ["storefront", "payments", "oms", "erp", "wms"];
    let (milestone, systems) = match state {
        JourneyState::Open => ("order.placed", &systems[..3]),
        JourneyState::Failed => ("payment.captured", &systems[..4]),
        JourneyState::Done => ("shipment.delivered", &systems[..]),
    };
    OrderSummary {
        id: super::key(id),
        started_at: at_ms(placed_ms),
        last_at: at_ms(placed_ms + ago_ms.min(MINUTE_MS)),
        last_milestone: Some(Milestone {
            name: milestone.to_owned(),
            at: at_ms(placed_ms + ago_ms.min(SECOND_MS)),
            system: "oms".to_owned(),
        }),
        systems: systems.iter().map(|&system| system.to_owned()).collect(),
        handoffs: 9,
        retries: 0,
        errors: u32::from(state == JourneyState::Failed),
        slowest: Some(SlowestHandoff {
            from: Some("storefront".to_owned()),
            to: "payments".to_owned(),
            operation: "POST /v1/payment_intents".to_owned(),
            duration_ns: 1_240_000_000,
        }),
        state,
    }
}

/// A list as it comes: newest activity first.
pub(crate) fn orders() -> OrdersPage {
    use JourneyState::{Done, Failed, Open};
    let mut orders = vec![
        summary("order:A-10061", 2 * SECOND_MS, Open),
        summary("order:A-10060", 5 * SECOND_MS, Open),
        summary("order:A-10059", 9 * SECOND_MS, Done),
        summary("order:A-10057", 40 * SECOND_MS, Failed),
        summary("order:A-10058", 70 * SECOND_MS, Done),
        summary("marketplace_order:902-1845936-5435065", 3 * MINUTE_MS, Done),
        summary("order:A-10055", 12 * MINUTE_MS, Open),
        summary("order@storefront:4", 3 * HOUR_MS, Done),
        summary("order:A-10042", 51 * HOUR_MS, Failed),
    ];
    orders[1].retries = 2;
    orders[3].retries = 4;
    orders[6].retries = 11;
    orders[7].slowest = None;
    orders[7].last_milestone = None;
    orders[8].retries = 5;
    orders[8].systems.extend(["shipping", "marketplace", "crm"].map(str::to_owned));
    if let Some(slowest) = &mut orders[8].slowest {
        slowest.from = Some("wms".to_owned());
        slowest.to = "shipping".to_owned();
        slowest.operation = "POST /labels".to_owned();
        slowest.duration_ns = 662_300_000_000;
    }
    OrdersPage { orders, more: false }
}
