//! What each system said of one SKU.

use jiff::Timestamp;
use ordertrace_api::history::{CopyHistory, History};
use ordertrace_api::reading::{Entity, StockState};
use ordertrace_collector::moment::Range;
use ordertrace_collector::record::ReadingRecord;
use ordertrace_collector::settings::{SyncSettings, SyncTargetSettings};
use ordertrace_collector::sync::{Evaluator, Pairs, SyncMetrics, SyncView};

use crate::support::{Database, at_ns};

const DAY_S: i64 = 86_400;

/// Stock of an ERP that counts cases of twelve.
fn pairs() -> Pairs {
    let erp = SyncTargetSettings {
        system: "erp".to_owned(),
        tolerance: "0".to_owned(),
        tolerance_percent: "0".to_owned(),
        units_each: "12".to_owned(),
        floor: ordertrace_config::Duration::default(),
        in_flight: None,
    };
    let stock = SyncSettings {
        name: "stock".to_owned(),
        entity: Entity::Inventory,
        state: StockState::Available,
        source: "wms".to_owned(),
        targets: vec![erp],
    };
    Pairs::new(&[stock]).unwrap()
}

fn stock(system: &'static str, value: &'static str, at_s: i64) -> ReadingRecord<'static> {
    ReadingRecord {
        entity: Entity::Inventory,
        system,
        subject: "HAT",
        id_kind: "",
        id_system: "",
        other_ids: &[],
        location: "main",
        channel: "",
        currency: "",
        state: "available",
        field: "",
        value,
        at_ns: at_ns(at_s * 1_000),
        version: "",
        changed_at_ns: 0,
        interval_ms: 0,
        attributes: &[],
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(seconds * 1_000))).unwrap()
}

async fn history(database: &Database, entity: Option<Entity>, limit: usize) -> History {
    let range = Range::new(at(0), at(1_000)).unwrap();
    SyncView::new(database.client(), pairs()).history("HAT", entity, range, limit).await.unwrap()
}

/// System, and of each value what it is, since when in seconds, and how uncertain that is.
type Line<'h> = (&'h str, Vec<(&'h str, i64, u32)>);

/// System, when what was said since when, and how much earlier that may have been.
fn lines(history: &History) -> Vec<Line<'_>> {
    let values = |copy: &CopyHistory| -> Vec<(String, i64, u32)> {
        let since = |at_: Timestamp| at_.duration_since(at(0)).as_secs();
        copy.values.iter().map(|value| (value.value.clone(), since(value.since), value.uncertain_ms)).collect()
    };
    let line = |copy| {
        let values = values(copy).into_iter();
        (&*copy.system, values.map(|(value, since, uncertain_ms)| (&*value.leak(), since, uncertain_ms)).collect())
    };
    history.copies.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_told_once_whatever_was_read_in_between() {
    let database = Database::start().await;
    let polled = |value, at_s| ReadingRecord { interval_ms: 30_000, ..stock("web", value, at_s) };
    let counted = |value, at_s, version| ReadingRecord { version, ..stock("erp", value, at_s) };
    let changed = ReadingRecord { changed_at_ns: at_ns(290_000), ..stock("wms", "4", 300) };
    database
        .readings(vec![
            stock("wms", "12", -2 * DAY_S),
            stock("wms", "9", -50),
            stock("wms", "9", 10),
            stock("wms", "7", 100),
            stock("wms", "7", 200),
            changed,
            stock("wms", "1", 1_000),
            polled("9", -30),
            polled("7", 120),
            polled("7", 150),
            polled("4", 300),
            counted("1", 50, "7"),
            counted("2", 60, "6"),
            counted("3", 70, "8"),
            ReadingRecord { subject: "SCARF", ..stock("wms", "77", 20) },
        ])
        .await
        .unwrap();
    // Told again, and late.
    database.readings(vec![stock("wms", "7", 100), stock("wms", "8", 40)]).await.unwrap();
    let price = ReadingRecord {
        entity: Entity::Price,
        location: "",
        state: "",
        channel: "web",
        currency: "EUR",
        ..stock("pim", "9.5", 30)
    };
    database.readings(vec![price]).await.unwrap();

    let stock = history(&database, Some(Entity::Inventory), 10).await;
    let expected = [
        ("erp", vec![("1", 50, 0), ("3", 70, 0)]),
        ("web", vec![("9", -30, 30_000), ("7", 120, 150_000), ("4", 300, 150_000)]),
        ("wms", vec![("9", -50, 0), ("8", 40, 0), ("7", 100, 0), ("4", 290, 0)]),
    ];
    assert_eq!(lines(&stock), expected);
    assert_eq!(
        (stock.more, stock.copies[0].units_each.as_str(), stock.copies[1].units_each.as_str()),
        (false, "12", "1")
    );
    assert_eq!(stock.copies[2].read_at, at(300), "what was read later is beyond the range");

    let all = history(&database, None, 2).await;
    assert_eq!(all.copies.iter().map(|copy| copy.entity).filter(|one| *one == Entity::Price).count(), 1);
    let wms = all.copies.iter().find(|copy| copy.system == "wms").unwrap();
    assert_eq!((wms.values.len(), wms.values[0].value.as_str(), wms.cut), (2, "7", true), "the latest are left");
    let other = Range::new(at(0), at(1_000)).unwrap();
    let none = SyncView::new(database.client(), pairs()).history("GLOVE", None, other, 9).await.unwrap();
    assert!(none.copies.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_change_for_long_is_known_from_copies() {
    let database = Database::start().await;
    database.readings(vec![stock("wms", "5", -20 * DAY_S), stock("erp", "2", -20 * DAY_S)]).await.unwrap();
    database.readings(vec![stock("erp", "2", -DAY_S), stock("erp", "1", 500)]).await.unwrap();
    let last_ms = database.number("SELECT toUnixTimestamp64Milli(max(stored_at)) FROM readings").await;
    let mut evaluator = Evaluator::open(database.client(), pairs(), SyncMetrics::default()).await.unwrap();
    evaluator.catch_up(last_ms.try_into().unwrap()).await.unwrap();
    let history = history(&database, None, 10).await;
    let expected = [("erp", vec![("2", -DAY_S, 0), ("1", 500, 0)]), ("wms", vec![("5", -20 * DAY_S, 0)])];
    assert_eq!(lines(&history), expected);
}
