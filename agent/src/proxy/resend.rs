//! Evidence of retries: the same idempotency key again.

use std::num::NonZeroUsize;

use lru::LruCache;

/// Keys remembered.
const KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);
/// As long as Stripe keeps idempotency keys.
const WINDOW_NS: u64 = 24 * 3600 * 1_000_000_000;

/// Attempts by route and idempotency key.
#[derive(Debug)]
pub(super) struct ResendWindow(LruCache<(String, String), Seen>);

#[derive(Debug)]
struct Seen {
    attempts: u32,
    last_ns: u64,
}

impl ResendWindow {
    pub(super) fn new() -> Self {
        Self(LruCache::new(KEYS))
    }

    /// Earlier attempts with this key on this route within the last 24 hours, as far as
    /// remembered; counts this one.
    pub(super) fn count(&mut self, route: &str, key: &str, at_ns: u64) -> u32 {
        let seen =
            self.0.get_or_insert_mut((route.to_owned(), key.to_owned()), || Seen { attempts: 0, last_ns: at_ns });
        if at_ns.saturating_sub(seen.last_ns) > WINDOW_NS {
            seen.attempts = 0;
        }
        seen.last_ns = seen.last_ns.max(at_ns);
        let earlier = seen.attempts;
        seen.attempts = earlier.saturating_add(1);
        earlier
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_on_one_route_are_attempts_of_one_intent() {
        let mut window = ResendWindow::new();
        let hour = 3600 * 1_000_000_000;
        assert_eq!(window.count("r", "k", hour), 0);
        assert_eq!(window.count("r", "k", hour + 5), 1);
        assert_eq!(window.count("r", "k", hour), 2, "attempts may end out of order");
        assert_eq!(window.count("r2", "k", hour), 0);
        assert_eq!(window.count("r", "other", hour), 0);
        assert_eq!(window.count("r", "k", 26 * hour), 0, "a day later it is another intent");
    }

    #[test]
    fn memory_is_bounded() {
        let mut window = ResendWindow::new();
        for n in 0..KEYS.get() + 10 {
            window.count("r", &n.to_string(), 1);
        }
        assert_eq!(window.0.len(), KEYS.get());
        assert_eq!(window.count("r", "0", 1), 0, "the oldest was forgotten");
    }
}
