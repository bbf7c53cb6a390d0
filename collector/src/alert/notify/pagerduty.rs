//! PagerDuty Events API v2 (developer.pagerduty.com/docs/events-api-v2).

use serde_json::{Value, json};

use super::message::{Event, Message, cut};
use crate::alert::ledger::moment;

/// The longest summary: 1024 characters.
const SUMMARY: usize = 1_024;

/// An event for the service with this integration key. An alert is one incident there for as long as it lasts.
pub(super) fn body(message: &Message<'_>, routing_key: &str) -> Value {
    let kept = message.kept;
    let dedup_key = format!("{}/{}", kept.id, kept.episode);
    if message.event == Event::Resolved {
        return json!({ "routing_key": routing_key, "event_action": "resolve", "dedup_key": dedup_key });
    }
    let details = message.facts().into_iter().map(|(name, text)| (name.to_owned(), Value::from(text)));
    let labels = kept.labels.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    let label = |name: &str| kept.labels.get(name).cloned();
    let source = label("target").or(label("system")).or(label("source")).unwrap_or_else(|| "ordertrace".to_owned());
    let links: Vec<Value> =
        if kept.runbook.is_empty() { Vec::new() } else { vec![json!({ "href": kept.runbook, "text": "runbook" })] };
    json!({
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": dedup_key,
        "client": "ordertrace",
        "payload": {
            "summary": cut(&message.title(), SUMMARY),
            "source": source,
            "severity": kept.severity.name(),
            "timestamp": moment(kept.fired_at_ms),
            "class": kept.rule,
            "custom_details": labels.chain(details).collect::<serde_json::Map<_, _>>(),
        },
        "links": links,
    })
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::kept;
    use super::*;
    use crate::alert::state::Stage;

    #[test]
    fn an_alert_is_one_incident() {
        let fired = body(&Message::of(&kept(Stage::Firing)), "key");
        assert_eq!((&fired["event_action"], &fired["payload"]["source"]), (&"trigger".into(), &"web".into()));
        assert_eq!(fired["payload"]["custom_details"]["look"], "ordertrace sync --sku HAT");
        assert_eq!(fired["payload"]["severity"], "warning");
        let resolved = body(&Message::of(&kept(Stage::Resolved)), "key");
        let expected = json!({ "routing_key": "key", "event_action": "resolve", "dedup_key": fired["dedup_key"] });
        assert_eq!(resolved, expected);
    }
}
