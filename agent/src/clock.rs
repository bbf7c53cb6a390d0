//! The wall clock.

use std::time::SystemTime;

/// Unix time in nanoseconds; 0 on a clock set before 1970.
pub(crate) fn now_ns() -> u64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}
