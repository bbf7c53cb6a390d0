/// Units or money in hundredths, as decimal text without zeros that mean nothing.
pub(super) fn text(hundredths: i64) -> String {
    let (sign, size) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    match (size / 100, size % 100) {
        (whole, 0) => format!("{sign}{whole}"),
        (whole, tenths) if tenths.is_multiple_of(10) => format!("{sign}{whole}.{}", tenths / 10),
        (whole, rest) => format!("{sign}{whole}.{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_are_decimals() {
        let texts: Vec<String> = [0, 5, 100, -150, 1_225, -7].map(text).to_vec();
        assert_eq!(texts, ["0", "0.05", "1", "-1.5", "12.25", "-0.07"]);
    }
}
