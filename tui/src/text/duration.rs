const US: u64 = 1_000;
const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration in at most seven columns: `850µs`, `12.3ms`, `1.24s`, `2m05s`, `3h12m`,
/// `2d03h`, `412d`.
pub fn human(duration_ns: u64) -> String {
    match duration_ns {
        0 => "0".to_owned(),
        ns if ns < US => format!("{ns}ns"),
        ns if ns < MS => three_digits(ns, US, "µs"),
        ns if ns < SECOND => three_digits(ns, MS, "ms"),
        ns if ns < MINUTE => three_digits(ns, SECOND, "s"),
        ns if ns < HOUR => format!("{}m{:02}s", ns / MINUTE, ns % MINUTE / SECOND),
        ns if ns < DAY => format!("{}h{:02}m", ns / HOUR, ns % HOUR / MINUTE),
        ns if ns < 100 * DAY => format!("{}d{:02}h", ns / DAY, ns % DAY / HOUR),
        ns => format!("{}d", ns / DAY),
    }
}

/// A duration rounded to its largest unit, for places with hardly any room: `2d`, `18h`.
pub fn coarse(duration_ns: u64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (MS, "ms"), (US, "µs")];
    // 59.9 minutes are an hour.
    let fitting = units.into_iter().find(|(unit, _)| duration_ns >= unit - unit / 20);
    let (unit, name) = fitting.unwrap_or((1, "ns"));
    format!("{}{name}", duration_ns.saturating_add(unit / 2) / unit)
}

/// Truncates instead of rounding: 59.996 s must not read "60.0s".
fn three_digits(ns: u64, unit: u64, name: &str) -> String {
    let whole = ns / unit;
    let thousandths = ns % unit * 1000 / unit;
    match whole {
        0..10 if thousandths == 0 => format!("{whole}{name}"),
        0..10 => format!("{whole}.{:02}{name}", thousandths / 10),
        10..100 if thousandths < 100 => format!("{whole}{name}"),
        10..100 => format!("{whole}.{}{name}", thousandths / 100),
        _ => format!("{whole}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples() {
        for (ns, text) in [
            (0, "0"),
            (420, "420ns"),
            (850_300, "850µs"),
            (12_345_678, "12.3ms"),
            (1_249_000_000, "1.24s"),
            (2_000_000_000, "2s"),
            (59_999_000_000, "59.9s"),
            (125 * SECOND, "2m05s"),
            (3 * HOUR + 12 * MINUTE, "3h12m"),
            (2 * DAY + 3 * HOUR, "2d03h"),
            (u64::MAX, "213503d"),
        ] {
            assert_eq!(human(ns), text);
        }
        assert_eq!(coarse(2 * DAY + 3 * HOUR), "2d");
        assert_eq!(coarse(2 * HOUR - SECOND), "2h");
        assert_eq!(coarse(HOUR - SECOND), "1h");
    }

    proptest! {
        #[test]
        fn a_duration_takes_at_most_seven_columns(ns: u64) {
            prop_assert!(human(ns).chars().count() <= 7);
            prop_assert!(coarse(ns).chars().count() <= 7);
        }
    }
}
