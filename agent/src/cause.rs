//! Errors as one line of text, for logs and for answers that cross a process boundary.

use std::error::Error;

/// The causes below an error, outermost first; empty when there is none.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let separator = if text.is_empty() { "" } else { ": " };
        text = format!("{text}{separator}{error}");
        cause = error.source();
    }
    text
}

/// An error with its causes.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    match causes(error) {
        causes if causes.is_empty() => error.to_string(),
        causes => format!("{error}: {causes}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::SpoolError;

    #[test]
    fn causes_are_told_in_order() {
        let source = std::io::Error::other("disk on fire");
        let error = SpoolError::Io { action: "sync", path: "/x".into(), source };
        assert_eq!(with_causes(&error), "cannot sync /x: disk on fire");
        assert_eq!(causes(&SpoolError::InUse { dir: "/x".into() }), "");
    }
}
