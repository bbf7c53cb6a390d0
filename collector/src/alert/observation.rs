//! What a condition sees of one thing at one time.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use twox_hash::XxHash3_128;

use super::threshold::Level;

/// Labels that say which thing it is.
pub(super) type Labels = BTreeMap<String, String>;

/// One thing, held against a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observation {
    /// Without empty ones.
    pub(super) labels: Labels,
    pub(super) level: Level,
    /// How much, with its unit.
    pub(super) value: String,
    /// What is wrong, in a sentence.
    pub(super) says: String,
    /// Who is hit: orders and their money; empty = nobody knows.
    pub(super) hit: String,
    /// The command that shows more.
    pub(super) look: String,
}

/// All that a condition sees at one time, of which at most `limit` are told: who is told reads that there are more.
/// What is active and not among it is under its threshold.
pub(super) fn limited(mut seen: Vec<Observation>, limit: usize) -> Vec<Observation> {
    if seen.iter().filter(|seen| seen.level == Level::Over).count() > limit {
        let note = format!(" (more than {limit} do; only the worst are told)");
        seen.iter_mut().for_each(|seen| seen.says.push_str(&note));
    }
    seen
}

/// Labels of those that are known.
pub(super) fn labels<const N: usize>(labels: [(&str, &str); N]) -> Labels {
    let known = labels.into_iter().filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// By what the alerts of a rule about a thing are known, whichever collector sees it: 32 hexadecimal digits.
pub(super) fn identity(rule: &str, labels: &Labels) -> String {
    let mut text = rule.to_owned();
    for (name, value) in labels {
        // No name or value has this character: readings and keys are without control characters.
        text.extend(["\0", name, "\0", value]);
    }
    hex::encode(XxHash3_128::oneshot(text.as_bytes()).to_be_bytes())
}

/// `1h 10m 5s`: whole seconds.
pub(super) fn spoken(time: Duration) -> String {
    format!("{:#}", SignedDuration::from_secs(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)))
}

/// A word of a command line, quoted if the shell would read it otherwise.
pub(super) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/=@,+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_has_the_same_identity() {
        let one = labels([("target", "web"), ("sku", "HAT"), ("location", "")]);
        assert_eq!(identity("Drift", &one), identity("Drift", &labels([("sku", "HAT"), ("target", "web")])));
        assert_ne!(identity("Drift", &one), identity("Lag", &one));
        assert_ne!(identity("Drift", &one), identity("Drift", &labels([("sku", "HATtarget"), ("t", "web")])));
    }

    #[test]
    fn no_shell_reads_more_into_a_word() {
        assert_eq!(word("HAT-RED"), "HAT-RED");
        assert_eq!(word("a b'; rm"), r"'a b'\''; rm'");
        assert_eq!(word(""), "''");
    }
}
