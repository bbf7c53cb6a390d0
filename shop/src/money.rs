//! Amounts as they are told.

/// `12.30` of 1230 cents.
pub(crate) fn decimal(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
