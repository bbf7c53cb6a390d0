use bumpalo::Bump;

use crate::record::{EventRecord, Side, SpanRecord, SpanStatus};
use crate::settings::RecogniseSettings;

use super::RecogniseError;
use super::fields::Fields;
use super::pattern::Pattern;

/// Events that payment providers and shops send as webhooks, and what each shows.
/// Sources: Stripe API reference, event types; PayPal webhooks, event names; Shopify Admin
/// API, webhook topics.
const OPERATIONS: [(&str, &str); 18] = [
    ("payment_intent.succeeded", "payment.captured"),
    ("payment_intent.amount_capturable_updated", "payment.authorised"),
    ("payment_intent.payment_failed", "payment.failed"),
    ("payment_intent.canceled", "payment.cancelled"),
    ("charge.captured", "payment.captured"),
    ("charge.refunded", "refund.issued"),
    ("refund.created", "refund.issued"),
    ("checkout.session.completed", "checkout.completed"),
    ("PAYMENT.AUTHORIZATION.CREATED", "payment.authorised"),
    ("PAYMENT.CAPTURE.COMPLETED", "payment.captured"),
    ("PAYMENT.CAPTURE.REFUNDED", "refund.issued"),
    ("orders/create", "order.created"),
    ("orders/paid", "order.paid"),
    ("orders/cancelled", "order.cancelled"),
    ("orders/fulfilled", "order.fulfilled"),
    ("fulfillments/create", "shipment.created"),
    ("refunds/create", "refund.issued"),
    ("returns/create", "return.created"),
];

/// First words of business events that are milestones by their own names.
const FAMILIES: [&str; 11] = [
    "cart",
    "checkout",
    "order",
    "payment",
    "inventory",
    "fulfilment",
    "fulfillment",
    "shipment",
    "refund",
    "return",
    "invoice",
];

/// What says that something is so and does not end in "ed".
const IRREGULAR: [&str; 7] = ["paid", "sent", "held", "lost", "split", "overdue", "ready"];

/// What shows that a business fact was reached.
#[derive(Debug)]
pub(super) struct Milestones(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    milestone: String,
    operation: Option<Pattern>,
    from: Option<Pattern>,
    to: Option<Pattern>,
    span: Option<Pattern>,
    event: Option<Pattern>,
}

impl Milestones {
    pub(super) fn new(settings: &RecogniseSettings) -> Result<Self, RecogniseError> {
        let pattern = |text: &Option<String>| text.as_deref().map(Pattern::new);
        let mut rules = Vec::new();
        for (index, rule) in settings.milestones.iter().enumerate() {
            let conditions = [&rule.operation, &rule.from, &rule.to, &rule.span, &rule.event];
            let unconditional = conditions.iter().all(|condition| condition.is_none());
            if rule.milestone.is_empty() || unconditional {
                let what = if unconditional { "conditions" } else { "milestone" };
                return Err(RecogniseError::Empty { setting: format!("recognise.milestones[{index}].{what}") });
            }
            rules.push(Rule {
                milestone: rule.milestone.clone(),
                operation: pattern(&rule.operation),
                from: pattern(&rule.from),
                to: pattern(&rule.to),
                span: pattern(&rule.span),
                event: pattern(&rule.event),
            });
        }
        Ok(Self(rules))
    }

    /// Whether anything but a sender's own word could show this milestone.
    pub(super) fn may_show(&self, milestone: &str) -> bool {
        is_milestone(milestone)
            || OPERATIONS.iter().any(|(_, shown)| *shown == milestone)
            || self.0.iter().any(|rule| rule.milestone == milestone)
    }

    /// The milestone that a span shows; empty = none. A failed span shows none.
    pub(super) fn of_span<'a>(
        &self,
        span: &SpanRecord<'a>,
        fields: &Fields<'a>,
        side: Option<&Side<'a>>,
        arena: &'a Bump,
    ) -> &'a str {
        if span.status == SpanStatus::Error || fields.status_code >= 400 {
            return "";
        }
        if !fields.milestone.is_empty() {
            return fields.milestone;
        }
        let fits = |wanted: &Option<Pattern>, text: Option<&str>| match (wanted, text) {
            (None, _) => true,
            (Some(wanted), Some(text)) => wanted.fits(text),
            (Some(_), None) => false,
        };
        let configured = self.0.iter().find(|rule| {
            rule.event.is_none()
                && fits(&rule.operation, side.map(|side| side.operation))
                && fits(&rule.from, side.map(|side| side.from))
                && fits(&rule.to, side.map(|side| side.to))
                && fits(&rule.span, Some(span.name))
        });
        if let Some(rule) = configured {
            return arena.alloc_str(&rule.milestone);
        }
        let built_in = side.and_then(|side| OPERATIONS.iter().find(|(operation, _)| *operation == side.operation));
        built_in.map_or("", |(_, milestone)| milestone)
    }

    /// The milestone that a log record shows; empty = none.
    pub(super) fn of_event<'a>(&self, event: &EventRecord<'a>, arena: &'a Bump) -> &'a str {
        let stated = event.attributes.iter().find(|(name, _)| *name == ordertrace_api::attributes::MILESTONE);
        if let Some((_, milestone)) = stated.filter(|(_, milestone)| !milestone.is_empty()) {
            return milestone;
        }
        if event.name.is_empty() {
            return "";
        }
        let configured = self.0.iter().find(|rule| rule.event.as_ref().is_some_and(|wanted| wanted.fits(event.name)));
        match configured {
            Some(rule) => arena.alloc_str(&rule.milestone),
            None if is_milestone(event.name) => event.name,
            None => "",
        }
    }
}

/// Whether the name of a business event is that of a milestone: `order.placed`, yes;
/// `order.update` or `http.ended`, no.
fn is_milestone(name: &str) -> bool {
    let Some((family, fact)) = name.split_once('.') else { return false };
    let plain = !fact.is_empty() && fact.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    // `partially_fulfilled`, `picked_up`, `ready_for_pickup`.
    let is_so = |word: &str| word.ends_with("ed") || IRREGULAR.contains(&word);
    FAMILIES.contains(&family) && plain && fact.split('_').any(is_so)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_commerce_are_milestones() {
        for name in
            ["order.placed", "order.picked_up", "inventory.reserved", "shipment.sent", "order.partially_fulfilled"]
        {
            assert!(is_milestone(name), "{name}");
        }
        for name in ["order", "order.", "order.update", "order.Placed", "http.ended", "order.line.added", ".placed"] {
            assert!(!is_milestone(name), "{name}");
        }
    }
}
