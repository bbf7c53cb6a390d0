use ordertrace_api::explain::{Compared, Condition, Explanation, HandoffSymptom, OverRepresented, Symptom};

use super::{HOUR_MS, at_ms, key};

/// Labels of one carrier fail since a new version of the WMS.
pub(crate) fn explanation() -> Explanation {
    let condition = |attribute: &str, system: Option<&str>, value: &str| Condition {
        attribute: attribute.to_owned(),
        system: system.map(str::to_owned),
        value: value.to_owned(),
    };
    let carrier = condition("carrier", None, "X");
    let version = condition("service.version", Some("wms"), "3.2.0");
    let keys =
        |first: u32, count: u32| (first..first + count).map(|n| key(&format!("order:A-{n}"))).collect::<Vec<_>>();
    let value = |conditions: Vec<Condition>, set_with, rest_with, rest_of, p| OverRepresented {
        conditions,
        same: Vec::new(),
        set_with,
        set_of: 20,
        rest_with,
        rest_of,
        ratio: (rest_with > 0).then(|| set_with as f64 / 20.0 / (rest_with as f64 / rest_of as f64)),
        p,
        hit: keys(10_058, set_with as u32 - 1),
        at_risk: rest_with / 3,
        at_risk_orders: keys(10_200, rest_with as u32 / 3),
        of_order: Some(true),
    };
    let host = condition("host.name", Some("wms"), "wms-7d9f-2");
    let both =
        OverRepresented { same: vec![host], ..value(vec![carrier.clone(), version.clone()], 18, 3, 400, 3.1e-21) };
    Explanation {
        symptom: Symptom::Handoff(HandoffSymptom {
            from: Some("wms".to_owned()),
            to: "shipping".to_owned(),
            operation: Some("POST /labels".to_owned()),
            slower_than_ms: None,
        }),
        order: Some(key("order:A-10057")),
        since: at_ms(27 * HOUR_MS),
        until: at_ms(51 * HOUR_MS),
        compared: Compared {
            set: 20,
            rest: 400,
            rest_more: true,
            values: 8_120,
            comparisons: 96,
            ..Compared::default()
        },
        values: vec![
            both,
            value(vec![carrier], 19, 131, 400, 4e-6),
            value(vec![version], 18, 140, 400, 0.0002),
            OverRepresented {
                of_order: Some(false),
                ..value(vec![condition("app.warehouse.country", None, "CH")], 7, 12, 380, 0.0071)
            },
        ],
        orders: keys(10_057, 20),
    }
}
