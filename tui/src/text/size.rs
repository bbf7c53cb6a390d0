/// Bytes in at most three digits and their unit: `0 B`, `1.5 kB`, `320 MB`. SI prefixes, each
/// a thousand times the one before.
pub fn size(bytes: u64) -> String {
    const PREFIXES: [&str; 5] = ["k", "M", "G", "T", "P"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_000.0;
    let mut prefix = PREFIXES[0];
    for next in &PREFIXES[1..] {
        // What would be rounded to a thousand has the next prefix.
        if value < 999.5 {
            break;
        }
        value /= 1_000.0;
        prefix = next;
    }
    if value < 9.95 { format!("{value:.1} {prefix}B") } else { format!("{value:.0} {prefix}B") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_enough() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (9_960, "10 kB"),
            (320_400_000, "320 MB"),
            (999_600, "1.0 MB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
