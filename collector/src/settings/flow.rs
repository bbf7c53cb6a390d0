use std::collections::BTreeMap;

use ordertrace_api::finding::FindingKind;
use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What journeys of one kind must reach, in what order, within what time and how often.
/// Milestones are recognised by `recognise.milestones` and by built-in rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowSettings {
    /// Name, for findings.
    pub name: String,
    /// Milestones of which each makes a journey one of this flow, unless an earlier flow has it.
    pub starts: Vec<String>,
    /// Milestones after which nothing more is due.
    pub ends: Vec<String>,
    /// Evidence comes late and out of order: so long after a deadline it still counts as in time
    /// to arrive.
    #[serde(default = "FlowSettings::default_grace")]
    pub grace: Duration,
    /// So far two systems' clocks may be apart where the order of two milestones counts.
    #[serde(default = "FlowSettings::default_clocks")]
    pub clocks: Duration,
    /// A journey is stuck when nothing was reached for so long and it is at no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_after: Option<Duration>,
    /// The flow's milestones, and how often each may be reached. All others of its parts are
    /// about milestones that stand here.
    pub milestones: BTreeMap<String, MilestoneSettings>,
    /// What must follow what, and how soon.
    #[serde(default)]
    pub steps: Vec<StepSettings>,
    /// What must not come before what.
    #[serde(default)]
    pub needs: Vec<NeedSettings>,
    /// Amounts that must agree.
    #[serde(default)]
    pub amounts: Vec<AmountSettings>,
    /// Milestones that are findings in themselves.
    #[serde(default)]
    pub signs: Vec<SignSettings>,
}

/// What is known of one milestone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MilestoneSettings {
    /// Kinds of keys that tell one occurrence from another, the best first: two captures are two
    /// when they bear two `charge` keys. Idempotency keys do so for every milestone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<String>,
    /// How often it may be reached; without it, any number of times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// It may come in parts that together make up this milestone's amount or units; only what
    /// goes beyond counts as too often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts_of: Option<String>,
    /// Senders state it themselves (attribute `commerce.milestone`): no rule need show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stated: bool,
    /// What it is called when it is reached too often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingKind>,
}

/// One milestone that must follow another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepSettings {
    /// What must be reached.
    pub milestone: String,
    /// How soon.
    pub within: Duration,
    /// After what.
    pub of: String,
    /// Milestones with any of which it is not due any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// It is due only in journeys with one of these milestones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_with: Vec<String>,
    /// Kind of keys of which each has a deadline of its own: each `shipment` that was created must
    /// be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// What it is called when it is missed.
    #[serde(default = "StepSettings::default_finding")]
    pub finding: FindingKind,
}

/// A milestone that must not come before others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedSettings {
    /// The milestone.
    pub milestone: String,
    /// Of these one must have come before it.
    pub after: Vec<String>,
    /// Orders with a key of one of these kinds do not need it: a `marketplace_order` is paid elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless_keys: Vec<String>,
    /// What it is called when none has.
    #[serde(default = "NeedSettings::default_finding")]
    pub finding: FindingKind,
}

/// Two milestones whose amounts must agree, all occurrences added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountSettings {
    /// The milestone.
    pub milestone: String,
    /// The one that says how much it must be.
    pub equals: String,
    /// They are compared when this is reached, since a milestone may come in parts.
    pub when: Vec<String>,
    /// Milestones with any of which they need not agree any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// What it is called when they do not agree.
    #[serde(default = "AmountSettings::default_finding")]
    pub finding: FindingKind,
}

/// A milestone that is a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignSettings {
    /// The milestone.
    pub milestone: String,
    /// Only with one of these reasons (attribute `commerce.reason`); without any, with every one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// So long it stays open: nothing can make it undone.
    #[serde(default = "SignSettings::default_open_for")]
    pub open_for: Duration,
    /// What it is called.
    pub finding: FindingKind,
}

impl FlowSettings {
    fn default_grace() -> Duration {
        Duration::from_secs(30)
    }

    fn default_clocks() -> Duration {
        Duration::from_secs(2)
    }

    /// Every milestone that a part of the flow speaks of, and the setting in which it does.
    pub(crate) fn mentions(&self) -> Vec<(String, &str)> {
        fn all<'n>(mentions: &mut Vec<(String, &'n str)>, setting: &str, names: &'n [String]) {
            mentions.extend(names.iter().map(|name| (setting.to_owned(), name.as_str())));
        }
        let mut mentions = Vec::new();
        all(&mut mentions, "starts", &self.starts);
        all(&mut mentions, "ends", &self.ends);
        for (index, step) in self.steps.iter().enumerate() {
            let at = |field: &str| format!("steps[{index}].{field}");
            mentions.push((at("milestone"), &step.milestone));
            mentions.push((at("of"), &step.of));
            all(&mut mentions, &at("unless"), &step.unless);
            all(&mut mentions, &at("only_with"), &step.only_with);
        }
        for (index, need) in self.needs.iter().enumerate() {
            mentions.push((format!("needs[{index}].milestone"), &need.milestone));
            all(&mut mentions, &format!("needs[{index}].after"), &need.after);
        }
        for (index, amount) in self.amounts.iter().enumerate() {
            let at = |field: &str| format!("amounts[{index}].{field}");
            mentions.push((at("milestone"), &amount.milestone));
            mentions.push((at("equals"), &amount.equals));
            all(&mut mentions, &at("when"), &amount.when);
            all(&mut mentions, &at("unless"), &amount.unless);
        }
        for (index, sign) in self.signs.iter().enumerate() {
            mentions.push((format!("signs[{index}].milestone"), &sign.milestone));
        }
        mentions
    }

    /// The flow of a shop as most are.
    pub fn shop() -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let plain = MilestoneSettings::default;
        let each = |kinds: &[&str]| MilestoneSettings { each: owned(kinds), ..MilestoneSettings::default() };
        let once =
            |kinds: &[&str], finding| MilestoneSettings { at_most: Some(1), finding: Some(finding), ..each(kinds) };
        let parts = |kinds: &[&str], of: &str, finding| MilestoneSettings {
            parts_of: Some(of.to_owned()),
            ..once(kinds, finding)
        };
        let milestones: [(&str, MilestoneSettings); 16] = [
            ("order.placed", plain()),
            ("payment.authorised", plain()),
            ("payment.captured", parts(&["charge", "payment"], "order.placed", FindingKind::DoubleCharge)),
            ("order.created", once(&["erp_doc", "order"], FindingKind::DuplicateOrder)),
            ("inventory.reserved", plain()),
            ("shipment.created", parts(&["shipment", "tracking"], "order.placed", FindingKind::DuplicateShipment)),
            ("shipment.delivered", each(&["shipment", "tracking"])),
            ("order.ready_for_pickup", plain()),
            ("order.picked_up", plain()),
            ("order.delivered", plain()),
            ("order.completed", plain()),
            ("order.cancelled", plain()),
            ("return.received", each(&["return"])),
            ("refund.issued", parts(&["refund"], "payment.captured", FindingKind::ReachedTooOften)),
            ("payment.cancelled", plain()),
            ("fallback.used", MilestoneSettings { stated: true, ..plain() }),
        ];
        let step = |milestone: &str, within, of: &str, unless: &[&str]| StepSettings {
            milestone: milestone.to_owned(),
            within,
            of: of.to_owned(),
            unless: owned(unless),
            only_with: Vec::new(),
            per: None,
            finding: FindingKind::MissedDeadline,
        };
        let gone = ["order.cancelled", "refund.issued", "payment.cancelled"];
        let need = |milestone: &str, after: &[&str], finding| NeedSettings {
            milestone: milestone.to_owned(),
            after: owned(after),
            unless_keys: Vec::new(),
            finding,
        };
        Self {
            name: "shop".to_owned(),
            starts: owned(&["order.placed", "payment.captured", "order.created"]),
            ends: owned(&[
                "order.completed",
                "order.delivered",
                "order.picked_up",
                "order.cancelled",
                "shipment.delivered",
            ]),
            grace: Self::default_grace(),
            clocks: Self::default_clocks(),
            stuck_after: Some(Duration::from_days(14)),
            milestones: milestones.into_iter().map(|(name, settings)| (name.to_owned(), settings)).collect(),
            steps: vec![
                StepSettings {
                    finding: FindingKind::PaidNotCreated,
                    ..step("order.created", Duration::from_secs(120), "payment.captured", &gone)
                },
                step(
                    "shipment.created",
                    Duration::from_days(3),
                    "order.created",
                    &["order.cancelled", "refund.issued", "order.ready_for_pickup", "order.picked_up"],
                ),
                StepSettings {
                    per: Some("shipment".to_owned()),
                    ..step("shipment.delivered", Duration::from_days(10), "shipment.created", &["return.received"])
                },
                step("refund.issued", Duration::from_days(7), "return.received", &[]),
            ],
            needs: vec![
                NeedSettings {
                    unless_keys: owned(&["marketplace_order"]),
                    ..need(
                        "shipment.created",
                        &["payment.captured", "payment.authorised"],
                        FindingKind::ShippedWithoutPayment,
                    )
                },
                need("refund.issued", &["return.received", "order.cancelled"], FindingKind::RefundWithoutReturn),
            ],
            amounts: vec![AmountSettings {
                milestone: "payment.captured".to_owned(),
                equals: "order.placed".to_owned(),
                when: owned(&["order.completed", "order.delivered", "order.picked_up", "shipment.delivered"]),
                unless: owned(&["order.cancelled"]),
                finding: FindingKind::AmountMismatch,
            }],
            signs: vec![
                SignSettings {
                    milestone: "order.cancelled".to_owned(),
                    reasons: owned(&["out_of_stock"]),
                    open_for: SignSettings::default_open_for(),
                    finding: FindingKind::Oversell,
                },
                SignSettings {
                    milestone: "fallback.used".to_owned(),
                    reasons: Vec::new(),
                    open_for: SignSettings::default_open_for(),
                    finding: FindingKind::FallbackUsed,
                },
            ],
        }
    }
}

impl StepSettings {
    fn default_finding() -> FindingKind {
        FindingKind::MissedDeadline
    }
}

impl NeedSettings {
    fn default_finding() -> FindingKind {
        FindingKind::OutOfOrder
    }
}

impl AmountSettings {
    fn default_finding() -> FindingKind {
        FindingKind::AmountMismatch
    }
}

impl SignSettings {
    fn default_open_for() -> Duration {
        Duration::from_days(1)
    }
}
