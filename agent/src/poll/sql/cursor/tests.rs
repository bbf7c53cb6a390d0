use ordertrace_config::Duration;

use super::*;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn number() -> CursorConfig {
    CursorConfig::number("id", 10)
}

fn time() -> CursorConfig {
    CursorConfig::time("changed", Duration::from_secs(60))
}

fn cursor(text: &str) -> Cursor {
    Cursor::parse(text, CursorKind::Time).unwrap()
}

#[test]
fn as_databases_write_it() {
    for text in ["2026-11-22 05:00:00.123456+00", "2026-11-22 05:00:00.123456", "2026-11-22T06:00:00.123456+01:00"] {
        assert_eq!(cursor(text).text(), "2026-11-22 05:00:00.123456", "{text}");
    }
    assert_eq!(cursor("2026-11-22 05:00:00.1").text_ms(), "2026-11-22 05:00:00.100");
    assert_eq!(Cursor::parse("-7", CursorKind::Number), Some(Cursor::Number(-7)));
    for text in ["", "1.5", "9223372036854775808", "2026-11-22"] {
        assert_eq!(Cursor::parse(text, CursorKind::Number), None, "{text}");
    }
    assert_eq!(Cursor::parse("0000-00-00 00:00:00", CursorKind::Time), None);
}

#[test]
fn the_overlap_is_read_again() {
    assert_eq!(cursor("2026-11-22 05:00:30").less_overlap(&time()).text(), "2026-11-22 04:59:30.000000");
    assert_eq!(Cursor::Number(5).less_overlap(&number()), Cursor::Number(-5));
    assert_eq!(Cursor::Number(i64::MIN).less_overlap(&number()), Cursor::Number(i64::MIN));
}

#[test]
fn an_overlap_of_the_other_kind_is_refused() {
    assert!(check(&number()).is_ok() && check(&time()).is_ok());
    let told = check(&CursorConfig { overlap_count: 1, ..time() }).unwrap_err().to_string();
    assert_eq!(told, "cursor.overlap_count is for number cursors; this one has overlap");
    assert!(check(&CursorConfig { overlap: Duration::from_secs(1), ..number() }).is_err());
}

/// What a poll over rows with these cursors comes to, and what is saved.
fn poll(
    config: &CursorConfig,
    saved: Option<Cursor>,
    rows: &[Option<&str>],
    limit: usize,
    table_highest: Option<&str>,
) -> (Result<Sequel, CursorError>, Progress) {
    let mut reached = Reached::new(Some(config), saved, now());
    for row in rows.iter().take(limit) {
        let _ = reached.row(*row);
    }
    reached.has_more = rows.len() > limit;
    let mut progress = saved.map_or(Progress::Start, Progress::Rows);
    reached.save(&mut progress);
    (reached.sequel(u32::try_from(limit).unwrap(), table_highest), progress)
}

#[test]
fn it_goes_on_from_the_highest() {
    let rows = [Some("3"), Some("7"), Some("5")];
    let (sequel, progress) = poll(&number(), None, &rows, 10, None);
    assert_eq!((sequel, progress), (Ok(Sequel::Complete), Progress::Rows(Cursor::Number(7))));
    // The overlap alone does not take it back.
    let (sequel, progress) = poll(&number(), Some(Cursor::Number(9)), &rows, 10, None);
    assert_eq!((sequel, progress), (Ok(Sequel::Complete), Progress::Rows(Cursor::Number(9))));
    assert_eq!(poll(&number(), None, &[], 10, None), (Ok(Sequel::Complete), Progress::Start));
}

#[test]
fn backwards_is_told_with_what_was_expected() {
    let saved = cursor("2026-11-22 05:00:00");
    let (sequel, progress) = poll(&time(), Some(saved), &[], 10, Some("2026-11-20 00:00:00"));
    let told = sequel.unwrap_err().to_string();
    assert!(told.contains("2026-11-22 05:00:00.000000") && told.contains("2026-11-20 00:00:00"), "{told}");
    assert!(told.contains("state file"), "{told}");
    assert_eq!(progress, Progress::Rows(saved), "what was reached stays");
    assert!(poll(&number(), Some(Cursor::Number(7)), &[], 10, None).0.unwrap_err().to_string().contains("no rows"));
}

#[test]
fn more_rows_than_are_read_at_once() {
    let rows = [Some("3"), Some("4"), Some("5")];
    let (sequel, progress) = poll(&number(), None, &rows, 2, None);
    assert!(matches!(sequel, Ok(Sequel::More(_))), "{sequel:?}");
    assert_eq!(progress, Progress::Rows(Cursor::Number(4)));
    // Nothing above what was read before: it would go on so for ever.
    let (sequel, _) = poll(&number(), Some(Cursor::Number(5)), &rows, 2, None);
    assert!(matches!(sequel, Err(CursorError::Stuck { limit: 2, .. })), "{sequel:?}");
    let mut without = Reached::new(None, None, now());
    without.row(None).unwrap();
    assert_eq!(without.sequel(1, None), Ok(Sequel::Complete));
    without.has_more = true;
    assert_eq!(without.sequel(1, None), Err(CursorError::TooManyRows { limit: 1 }));
}

#[test]
fn a_cursor_that_is_none_moves_nothing() {
    let config = time();
    let mut reached = Reached::new(Some(&config), None, now());
    for (text, told) in [
        (None, "cursor column changed is null: such rows are not seen again"),
        (Some("soon"), "cursor column changed is no time"),
        (Some("2099-01-01 00:00:00"), "cursor column changed is more than a day ahead of now"),
    ] {
        assert_eq!(reached.row(text).unwrap_err().to_string(), told);
    }
    let mut progress = Progress::Start;
    reached.save(&mut progress);
    assert_eq!(progress, Progress::Start);
    // A local time ahead of UTC is no such.
    assert!(reached.row(Some("2026-11-22 23:00:00")).is_ok());
}

proptest::proptest! {
    /// It never goes back, whatever rows come in whatever order.
    #[test]
    fn it_never_goes_back(polls in proptest::collection::vec(proptest::collection::vec(-50_i64..50, 0..20), 1..10)) {
        let (config, mut saved) = (number(), None);
        for rows in polls {
            let texts: Vec<String> = rows.iter().map(i64::to_string).collect();
            let rows: Vec<_> = texts.iter().map(|text| Some(text.as_str())).collect();
            let (_, progress) = poll(&config, saved, &rows, 5, Some("0"));
            let after = match progress { Progress::Rows(cursor) => Some(cursor), _ => None };
            proptest::prop_assert!(after >= saved);
            saved = after;
        }
    }

    #[test]
    fn what_is_written_is_read_back(second in -62_135_596_800_i64..253_402_207_200, micro in 0_i32..1_000_000) {
        let at = Timestamp::new(second, micro * 1000).unwrap().to_zoned(jiff::tz::TimeZone::UTC).datetime();
        proptest::prop_assume!(at.year() > 0);
        let cursor = Cursor::Time(at);
        proptest::prop_assert_eq!(Cursor::parse(&cursor.text(), CursorKind::Time), Some(cursor));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}|[-0-9: .+TZ]{0,40}") {
        for kind in [CursorKind::Time, CursorKind::Number] {
            if let Some(cursor) = Cursor::parse(&text, kind) {
                let _ = cursor.less_overlap(&CursorConfig { kind, ..time() }).text();
            }
        }
    }
}
