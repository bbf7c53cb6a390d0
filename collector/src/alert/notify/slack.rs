//! Incoming webhooks of Slack (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).

use ordertrace_api::finding::Severity;
use serde_json::{Value, json};

use super::message::{Event, Message, cut};

/// The longest text of a section: 3000 characters.
const SECTION: usize = 3_000;

/// The body of a message.
pub(super) fn body(message: &Message<'_>) -> Value {
    let title = escape(&message.title());
    let facts: Vec<String> =
        message.facts().iter().map(|(name, text)| format!("*{name}* {}", shown(name, text))).collect();
    let kept = message.kept;
    let labels = kept.labels.iter().map(|(name, value)| format!("{name}={}", escape(value)));
    let labels: Vec<String> = std::iter::once(format!("severity={}", kept.severity.name())).chain(labels).collect();
    json!({
        // What notifications and clients without blocks show.
        "text": cut(&title, SECTION),
        "attachments": [{
            "color": match message.event {
                Event::Resolved => "#2eb886",
                Event::Fired if kept.severity == Severity::Critical => "#a30200",
                Event::Fired => "#daa038",
            },
            "blocks": [
                { "type": "section", "text": { "type": "mrkdwn", "text": cut(&facts.join("\n"), SECTION) } },
                { "type": "context", "elements": [{ "type": "mrkdwn", "text": cut(&labels.join("  "), SECTION) }] },
            ],
        }],
    })
}

fn shown(name: &str, text: &str) -> String {
    let text = escape(text);
    if name == "look" { format!("`{}`", text.replace('`', "'")) } else { text }
}

/// Nothing in it is markup of links and mentions.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::kept;
    use super::*;
    use crate::alert::state::Stage;

    #[test]
    fn nothing_in_it_is_a_link_or_a_mention() {
        let body = body(&Message::of(&kept(Stage::Firing)));
        assert_eq!(body["text"], "StockDrift, warning: HAT main: wms 10, web &lt;19&gt;");
        let block = body["attachments"][0]["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(
            block.contains("*hit* 2 orders, 40 EUR\n*look* `ordertrace sync --sku HAT`\n*runbook* https://wiki/drift"),
            "{block}"
        );
        let long = crate::alert::state::Kept { says: "x".repeat(9_000), ..kept(Stage::Resolved) };
        let text = super::body(&Message::of(&long))["text"].as_str().unwrap().chars().count();
        assert_eq!(text, SECTION);
    }
}
