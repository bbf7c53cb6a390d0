use ordertrace_api::alert::Alert;

/// For how long an alert can be silenced, in seconds, and in words.
const LENGTHS: [(u32, &str); 7] = [
    (900, "15 minutes"),
    (3_600, "1 hour"),
    (14_400, "4 hours"),
    (28_800, "8 hours"),
    (86_400, "1 day"),
    (259_200, "3 days"),
    (604_800, "7 days"),
];

/// What is asked before something is done that others see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The alert it is done to.
    pub alert: Box<Alert>,
    /// What is done.
    pub asks: Asks,
    /// The note, or the reason, as it is typed.
    pub text: String,
}

/// What is done to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Somebody takes care of it.
    Acknowledgement,
    /// Nobody is to be told of it for a while.
    Silence {
        /// Which of [`LENGTHS`].
        length: usize,
    },
}

impl Prompt {
    /// Nothing typed yet.
    pub fn new(alert: &Alert, asks: Asks) -> Self {
        Self { alert: Box::new(alert.clone()), asks, text: String::new() }
    }

    /// Another length of a silence.
    pub fn stretch(&mut self, by: isize) {
        if let Asks::Silence { length } = &mut self.asks {
            *length = length.saturating_add_signed(by).min(LENGTHS.len() - 1);
        }
    }

    /// For how long it silences, in seconds and in words.
    pub fn length(&self) -> Option<(u32, &'static str)> {
        match self.asks {
            Asks::Acknowledgement => None,
            Asks::Silence { length } => LENGTHS.get(length).copied(),
        }
    }
}
