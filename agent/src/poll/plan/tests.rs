use super::*;
use crate::poll::config::{CsvConfig, FieldTexts, SourceConfig, example_polls};

fn reading(entity: Entity, columns: &[(&str, &str)], constants: &[(&str, &str)]) -> ReadingConfig {
    let texts = |pairs: &[(&str, &str)]| -> FieldTexts {
        let map: serde_json::Map<_, _> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
        serde_json::from_value(map.into()).unwrap()
    };
    ReadingConfig { columns: texts(columns), constants: texts(constants), ..ReadingConfig::new(entity) }
}

fn config(readings: Vec<ReadingConfig>) -> PollConfig {
    let source = SourceConfig::Csv(CsvConfig::new("/x"));
    PollConfig { source, readings, time_zone: "Europe/Berlin".to_owned(), ..example_polls().remove(0) }
}

fn plan(reading: ReadingConfig) -> Result<Plan, PlanError> {
    Plan::new(&config(vec![reading]))
}

fn read(plan: &Plan, row: &[&str]) -> Vec<Result<Reading, Refusal>> {
    let row: Vec<_> = row.iter().map(|text| Some(Cow::Borrowed(*text))).collect();
    plan.read(&row).collect()
}

fn stock() -> ReadingConfig {
    let columns = [("sku", "item"), ("location", "bin"), ("value", "qty"), ("changed_at", "at")];
    reading(Entity::Inventory, &columns, &[("state", "on_hand")])
}

#[test]
fn a_row_becomes_a_reading() {
    let plan = plan(stock()).unwrap();
    assert_eq!(plan.columns, ["item", "bin", "qty", "at"]);
    let made = read(&plan, &["A-1", "MAIN", " 12.50 ", "2026-11-22 06:00:00"]).remove(0).unwrap();
    let fields: Vec<_> = made.fields.iter().map(|(field, text)| (field.name(), text.as_str())).collect();
    let expected = [
        ("sku", "A-1"),
        ("location", "MAIN"),
        ("state", "on_hand"),
        ("value", "12.50"),
        ("changed_at", "2026-11-22T05:00:00Z"),
    ];
    assert_eq!(fields, expected);
    // What need not be there is left away when it is not.
    assert_eq!(read(&plan, &["A-1", "", "0", ""]).remove(0).unwrap().fields.len(), 3);
}

#[test]
fn one_row_gives_several_readings_that_share_columns() {
    let on_hand = reading(Entity::Inventory, &[("sku", "item"), ("value", "on_hand")], &[("state", "on_hand")]);
    let reserved = reading(Entity::Inventory, &[("sku", "item"), ("value", "held")], &[("state", "reserved")]);
    let plan = Plan::new(&config(vec![on_hand, reserved])).unwrap();
    assert_eq!(plan.columns, ["item", "on_hand", "held"]);
    let made = read(&plan, &["A-1", "5", "NaN"]);
    assert!(made[0].is_ok());
    assert_eq!(made[1].as_ref().unwrap_err().to_string(), "value (column held) is not finite");
}

#[test]
fn what_is_no_reading_is_refused_and_not_repeated() {
    let plan = plan(stock()).unwrap();
    for (row, told) in [
        (["", "MAIN", "1", ""], "sku (column item) is empty"),
        (["A", "MAIN", "", ""], "value (column qty) is empty"),
        (["A", "MAIN", "4111 1111", ""], "value (column qty) is no decimal"),
        (["A", "MAIN", "1e40", ""], "value (column qty) has more digits than can be kept exactly (28)"),
        (["A", "MAIN", "1", "soon"], "changed_at (column at) is no time"),
        (["A\u{7}", "MAIN", "1", ""], "sku (column item) has control characters"),
    ] {
        assert_eq!(read(&plan, &row).remove(0).unwrap_err().to_string(), told);
    }
    let long = "x".repeat(129);
    let told = read(&plan, &[&long, "", "1", ""]).remove(0).unwrap_err().to_string();
    assert_eq!(told, "sku (column item) is longer than 128 bytes");
    // A row without its columns is no row with empty ones' values.
    assert!(plan.read(&[]).all(|reading| reading.is_err()));
}

#[test]
fn another_id_stands_for_the_sku_or_beside_it() {
    let with_id = |columns: &[(&str, &str)]| ReadingConfig {
        id_kind: Some("inventory_item".to_owned()),
        ..reading(Entity::Inventory, columns, &[])
    };
    let told = |made: Result<Reading, Refusal>| {
        let made = made.unwrap();
        assert_eq!(made.id_kind, Some("inventory_item"));
        made.fields.iter().map(|(field, text)| format!("{}={text}", field.name())).collect::<Vec<_>>().join(" ")
    };
    let alone = plan(with_id(&[("id", "item"), ("value", "qty")])).unwrap();
    assert_eq!(told(read(&alone, &["808950810", "3"]).remove(0)), "id=808950810 value=3");
    let both = plan(with_id(&[("sku", "sku"), ("id", "item"), ("value", "qty")])).unwrap();
    assert_eq!(told(read(&both, &["HAT", "7", "3"]).remove(0)), "sku=HAT id=7 value=3");
    assert_eq!(told(read(&both, &["", "7", "3"]).remove(0)), "id=7 value=3");
    let neither = read(&both, &["", "", "3"]).remove(0).unwrap_err();
    assert_eq!((neither.field, neither.reason), ("id", FieldError::Empty));
    let told = |reading| plan(reading).unwrap_err().to_string();
    let without_kind = reading(Entity::Inventory, &[("id", "item"), ("value", "qty")], &[]);
    assert!(told(without_kind).starts_with("readings[0]: `id` and `id_kind` stand together"));
    let of_order = ReadingConfig { id_kind: Some("order".to_owned()), ..with_id(&[("id", "i"), ("value", "v")]) };
    assert!(told(of_order).contains("one of inventory_item, variant, listing, gtin"));
    let without_id = with_id(&[("sku", "s"), ("value", "v")]);
    assert!(told(without_id).starts_with("readings[0]: `id` and `id_kind` stand together"));
}

#[test]
fn prices_in_minor_units_have_the_digits_of_their_currency() {
    let columns = [("sku", "s"), ("value", "p"), ("currency", "c")];
    let minor = |digits: &[(&str, u8)]| ReadingConfig {
        minor_units: true,
        minor_digits: digits.iter().map(|(code, digits)| ((*code).to_owned(), *digits)).collect(),
        ..reading(Entity::Price, &columns, &[])
    };
    let prices = plan(minor(&[("ISK", 2)])).unwrap();
    let value = |currency: &str, text: &str| {
        let read = read(&prices, &["HAT", currency, text]).remove(0);
        read.map(|reading| reading.fields.into_iter().find(|(field, _)| *field == Field::Value).unwrap().1)
    };
    for (currency, text, expected) in [
        ("EUR", "1230", "12.30"),
        ("JPY", "1230", "1230"),
        ("KWD", "1230", "1.230"),
        ("ISK", "123000", "1230.00"),
        ("EUR", "9007199254740993", "90071992547409.93"),
    ] {
        assert_eq!(value(currency, text).as_deref(), Ok(expected), "{text} {currency}");
    }
    assert_eq!(value("XAU", "5").unwrap_err().reason, FieldError::NoMinorUnit, "gold");
    assert_eq!(value("XYZ", "5").unwrap_err().reason, FieldError::NoMinorUnit, "no currency at all");
    let told = |reading| plan(reading).unwrap_err().to_string();
    assert!(told(minor(&[("ISK", 9)])).contains("at most 8 digits"));
    assert!(told(ReadingConfig { value_scale: -2, ..minor(&[]) }).contains("both move the point"));
    assert!(told(ReadingConfig { minor_units: false, ..minor(&[("ISK", 2)]) }).contains("needs minor_units"));
    assert!(told(ReadingConfig { minor_units: true, ..stock() }).contains("minor_units is of prices"));
}

#[test]
fn other_entities_have_other_fields() {
    let price = [("sku", "s"), ("value", "p"), ("currency", "c")];
    let plan_of = |entity, columns| plan(reading(entity, columns, &[])).unwrap();
    let prices = plan_of(Entity::Price, &price);
    assert!(read(&prices, &["A", "EUR", "1"])[0].is_ok());
    assert_eq!(read(&prices, &["A", "eur", "1"])[0].as_ref().unwrap_err().reason, FieldError::Currency);
    let states = plan_of(Entity::OrderStatus, &[("order", "o"), ("value", "s")]);
    assert!(read(&states, &["W-1000", "in Bearbeitung"])[0].is_ok());
    assert_eq!(read(&states, &["null", "x"])[0].as_ref().unwrap_err().reason, FieldError::Id);
    assert_eq!(Reading::key_scope("1000", "erp"), Some("erp"));
    assert_eq!(Reading::key_scope("W-1000", "erp"), None);
    let feed = plan(reading(Entity::Feed, &[("changed_at", "at")], &[("feed", "google")])).unwrap();
    assert!(read(&feed, &["2026-11-22T05:00:00Z"])[0].is_ok());
}

#[test]
fn what_cannot_be_followed_is_named() {
    let told = |reading| plan(reading).unwrap_err().to_string();
    let only_sku = reading(Entity::Inventory, &[("sku", "s")], &[]);
    assert_eq!(told(only_sku), "readings[0]: an inventory reading needs `value`, in columns or in constants");
    let foreign = reading(Entity::Inventory, &[("sku", "s"), ("value", "v"), ("channel", "c")], &[]);
    assert_eq!(told(foreign), "readings[0]: an inventory reading has no `channel`");
    let twice = reading(Entity::Inventory, &[("sku", "s"), ("value", "v")], &[("sku", "A")]);
    assert_eq!(told(twice), "readings[0]: `sku` stands in columns and in constants; leave one away");
    let state = reading(Entity::Inventory, &[("sku", "s"), ("value", "v")], &[("state", "sold")]);
    assert_eq!(told(state), "readings[0].constants.state is none of available, on_hand, reserved, allocated");
    assert_eq!(Plan::new(&config(Vec::new())).unwrap_err(), PlanError::NoReading);
    let zone = PollConfig { time_zone: "Mars/Olympus".to_owned(), ..config(vec![stock()]) };
    assert!(Plan::new(&zone).unwrap_err().to_string().contains("Mars/Olympus"));
}

proptest::proptest! {
    #[test]
    fn no_row_makes_it_panic(row in proptest::collection::vec(proptest::option::of("\\PC{0,20}"), 0..6)) {
        let plan = plan(stock()).unwrap();
        let row: Vec<_> = row.into_iter().map(|text| text.map(Cow::Owned)).collect();
        for reading in plan.read(&row).flatten() {
            proptest::prop_assert!(reading.fields.iter().all(|(_, text)| !text.is_empty()));
        }
    }
}
