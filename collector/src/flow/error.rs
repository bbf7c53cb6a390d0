/// A flow that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// A name or a list that must not be empty.
    #[error("{setting} is empty: {remedy}")]
    Empty {
        /// The setting, as a path of keys.
        setting: String,
        /// What to write.
        remedy: &'static str,
    },
    /// Two flows of one name.
    #[error("{setting}: another flow is called {name:?} already; findings could not tell them apart")]
    Twice {
        /// The setting.
        setting: String,
        /// The name.
        name: String,
    },
    /// A milestone that the flow does not have.
    #[error("{setting}: the flow has no milestone {milestone:?}{}", advice(nearest.as_deref()))]
    Unknown {
        /// The setting.
        setting: String,
        /// The milestone.
        milestone: String,
        /// The one that looks most like it, if one does.
        nearest: Option<String>,
    },
    /// A kind of key that is not known, or names no order.
    #[error("{setting}: {kind:?} is no kind of key that names an order{}", kind_advice(nearest.as_deref()))]
    Kind {
        /// The setting.
        setting: String,
        /// The kind.
        kind: String,
        /// The one that looks most like it, if one does.
        nearest: Option<String>,
    },
    /// A milestone that nothing shows.
    #[error(
        "{setting}: nothing shows {milestone:?}: add a rule to recognise.milestones, or `stated: true` if senders say it themselves"
    )]
    Unreachable {
        /// The setting.
        setting: String,
        /// The milestone.
        milestone: String,
    },
    /// Parts that cannot all hold.
    #[error("{setting}: {reason}")]
    Contradiction {
        /// The setting.
        setting: String,
        /// Why not.
        reason: String,
    },
}

fn advice(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!(", did you mean {nearest:?}?"),
        None => ": add it to `milestones`".to_owned(),
    }
}

fn kind_advice(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!(", did you mean {nearest:?}?"),
        None => ": add it to recognise.kinds as `strong`".to_owned(),
    }
}
