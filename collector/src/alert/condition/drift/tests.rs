use super::*;

fn condition(threshold: Option<Threshold>) -> DriftCondition {
    DriftCondition {
        sync: "stock".to_owned(),
        source: "wms".to_owned(),
        threshold,
        currency: None,
        together: false,
        scope: Scope::default(),
        pairs: Pairs::default(),
    }
}

fn drift(source: &str, target: &str, difference: &str) -> OpenDrift {
    OpenDrift {
        entity: "inventory".to_owned(),
        subject: "HAT".to_owned(),
        location: "main".to_owned(),
        channel: String::new(),
        currency: String::new(),
        field: String::new(),
        target: "web".to_owned(),
        source_value: source.to_owned(),
        target_value: target.to_owned(),
        difference: difference.to_owned(),
        price: String::new(),
    }
}

#[test]
fn units_are_worth_their_price() {
    let condition = DriftCondition { currency: Some("EUR".to_owned()), ..condition(over(Unit::Money, 100)) };
    let seen = |price: &str| condition.judge(&OpenDrift { price: price.to_owned(), ..drift("10", "3", "-7") }, None);
    assert_eq!((seen("20").level, seen("20").value.as_str()), (Level::Over, "140 EUR, 7 units, 70 %"));
    assert_eq!(seen("14.28").level, Level::Under);
    let unknown = seen("");
    assert_eq!((unknown.level, unknown.value.as_str()), (Level::Between, "unknown in EUR, 7 units, 70 %"));
    assert_eq!(seen("79228162514264337593543950335").level, Level::Over, "no decimal holds it");
}

fn over(unit: Unit, limit: i64) -> Option<Threshold> {
    Some(Threshold { unit, over: limit.into(), closes_under: limit.into() })
}

#[test]
fn an_item_over_its_threshold() {
    let seen = condition(over(Unit::Units, 5)).judge(&drift("10", "3", "-7"), None);
    assert_eq!(seen.level, Level::Over);
    assert_eq!(seen.value, "7 units, 70 %");
    assert_eq!(seen.says, "HAT main: wms 10, web 3");
    let told: Vec<String> = seen.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(told, ["location=main", "sku=HAT", "source=wms", "sync=stock", "target=web"]);
    assert_eq!(condition(over(Unit::Units, 7)).judge(&drift("10", "3", "-7"), None).level, Level::Under);
}

#[test]
fn what_divides_by_nothing_and_what_is_no_number() {
    let of_nothing = condition(over(Unit::Percent, 1_000_000)).judge(&drift("0", "1", "1"), None);
    assert_eq!((of_nothing.level, of_nothing.value.as_str()), (Level::Over, "1 units"));
    for difference in ["", "NaN", "1e400", "79228162514264337593543950336"] {
        assert_eq!(condition(over(Unit::Units, 5)).judge(&drift("10", "many", difference), None).level, Level::Over);
    }
}

#[test]
fn a_price_is_told_in_its_currency() {
    let price = OpenDrift { currency: "EUR".to_owned(), location: String::new(), ..drift("9.5", "19", "9.5") };
    let seen = condition(None).judge(&price, None);
    assert_eq!((seen.value.as_str(), seen.says.as_str()), ("9.5 EUR, 100 %", "HAT: wms 9.5 EUR, web 19 EUR"));
}

#[test]
fn items_of_a_target_together() {
    let condition = condition(over(Unit::Units, 100));
    let sum = |difference: &str| Sum {
        target: "web".to_owned(),
        items: 12,
        difference: difference.to_owned(),
        unknown: 0,
        uncounted: 0,
        subject: "HAT".to_owned(),
        largest: "60".to_owned(),
    };
    assert_eq!(condition.judge_sum(&sum("100")).level, Level::Under);
    let seen = condition.judge_sum(&sum("100.50"));
    assert_eq!(seen.says, "web differs from wms by 100.5 units in 12 items, most in HAT");
    assert_eq!(condition.judge_sum(&sum("9".repeat(40).as_str())).level, Level::Over);
    let uncounted = condition.judge_sum(&Sum { uncounted: 2, ..sum("1") });
    assert_eq!(uncounted.level, Level::Over);
    assert!(uncounted.says.ends_with("most in HAT; 2 differ by no number that can be added up"), "{uncounted:?}");
}

fn in_flight(explained: &str, unexplained: &str, settled: bool) -> InFlight {
    InFlight {
        orders: 2,
        units: "4".to_owned(),
        explained: explained.to_owned(),
        unexplained: unexplained.to_owned(),
        settled,
        more: false,
    }
}

#[test]
fn what_orders_in_flight_explain_is_no_alert() {
    let judge = |threshold, explained: &InFlight| condition(threshold).judge(&drift("10", "3", "-7"), Some(explained));
    let seen = judge(over(Unit::Units, 2), &in_flight("-4", "-3", false));
    assert_eq!((seen.level, seen.value.as_str()), (Level::Over, "3 units, 30 %"));
    assert_eq!(seen.says, "HAT main: wms 10, web 3; orders in flight (2) explain 4 of it");
    assert_eq!(judge(over(Unit::Units, 3), &in_flight("-4", "-3", false)).level, Level::Under);
    assert_eq!(judge(None, &in_flight("-4", "-3", false)).level, Level::Over, "any difference");
    assert_eq!(judge(None, &in_flight("-7", "0", true)).level, Level::Under);
    assert_eq!(judge(None, &in_flight("0", "-7", false)).says, "HAT main: wms 10, web 3");
}

#[test]
fn what_is_left_of_items_is_added_to_their_targets() {
    let sum = Sum {
        target: "web".to_owned(),
        items: 12,
        difference: "100".to_owned(),
        unknown: 0,
        uncounted: 0,
        subject: "HAT".to_owned(),
        largest: "60".to_owned(),
    };
    let web = OpenDrift { subject: "BELT".to_owned(), ..drift("10", "3", "-70") };
    let market = OpenDrift { target: "market".to_owned(), ..drift("10", "3", "-7") };
    let rests = [
        (&web, Rest::Amount(70.into())),
        (&market, Rest::Amount(3.into())),
        (&market, Rest::NoPrice),
        (&market, Rest::NoNumber),
    ];
    let sums = add(vec![sum], rests);
    let told = |sum: &Sum| {
        let left_out = (sum.unknown, sum.uncounted);
        (sum.target.clone(), sum.items, sum.difference.clone(), left_out, sum.subject.clone())
    };
    let expected = [
        ("market".to_owned(), 3, "3".to_owned(), (1, 1), "HAT".to_owned()),
        ("web".to_owned(), 13, "170".to_owned(), (0, 0), "BELT".to_owned()),
    ];
    assert_eq!(sums.iter().map(told).collect::<Vec<_>>(), expected);
}
