//! What lags and drifts lead to.

use ordertrace_api::history::{History, HistoryQuery};
use ordertrace_api::lines::{SkuOrders, SkuOrdersQuery};
use ordertrace_api::reading::Entity;
use proptest::prelude::*;

use super::Action;
use super::driver::Driver;
use super::state::{List, Screen};
use crate::sample;
use crate::sync_table::DriftColumn;

fn shown(driver: &Driver) -> Vec<&str> {
    driver.state.sync.shown.iter().map(|drift| drift.subject.as_str()).collect()
}

fn asks_sync(driver: &Driver) -> bool {
    driver.asked.iter().any(|action| matches!(action, Action::FetchSync { .. }))
}

fn history_asked(driver: &Driver) -> &HistoryQuery {
    let query = driver.asked.iter().find_map(|action| match action {
        Action::FetchHistory { query, .. } => Some(query),
        _ => None,
    });
    query.expect("the history is asked for")
}

fn orders_asked(driver: &Driver) -> Option<&SkuOrdersQuery> {
    driver.asked.iter().find_map(|action| match action {
        Action::FetchSkuOrders { query, .. } => Some(query),
        _ => None,
    })
}

fn rows_of<'s>(screen: &'s str, text: &str) -> Vec<&'s str> {
    screen.lines().filter(|line| line.contains(text)).collect()
}

#[test]
fn it_is_asked_for_when_it_is_looked_at() {
    let mut driver = Driver::with_orders(80, 24);
    driver.tick(60_000);
    assert!(!asks_sync(&driver));
    driver.press("D");
    assert!(asks_sync(&driver));
    driver.answer_sync(Ok(sample::sync()));
    driver.tick(3_900);
    assert!(!asks_sync(&driver), "too early");
    driver.tick(100);
    driver.answer_sync(Err("Connection refused".to_owned()));
    assert!(driver.screen().contains("✗ no answer from"), "{}", driver.screen());
    assert_eq!(shown(&driver).len(), 4, "the last answer stays");
}

#[test]
fn shades_and_figures_say_what_has_died() {
    let mut driver = Driver::with_sync(80, 24);
    let screen = driver.screen();
    let row = screen.lines().find(|line| line.contains("marketplace ") && line.contains("█")).unwrap();
    assert!(row.contains("2h00m") && row.contains("613"), "{row}");
    assert!(screen.contains("ids without one clear SKU"), "{screen}");
    driver.event(super::Event::Resize { columns: 140, rows: 40 });
    assert!(driver.screen().contains("feed shopping of pim 2h05m old"), "{}", driver.screen());
    assert!(screen.contains("░ within its floor") && screen.contains("█ for 1h"), "{screen}");
}

#[test]
fn nobody_reads_that_all_is_there_while_a_source_is_not_up_to_date() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("D");
    let mut reply = sample::sync();
    (reply.drifts, reply.more) = (Vec::new(), false);
    reply.lags.iter_mut().for_each(|lag| (lag.waiting, lag.late, lag.oldest) = (0, 0, None));
    driver.answer_sync(Ok(reply.clone()));
    let screen = driver.screen();
    assert!(screen.contains("·? not up to date") && screen.contains("No drift is known, but"), "{screen}");
    assert!(!screen.contains("All targets show"), "{screen}");
    driver.tick(4_000);
    reply.lags.iter_mut().for_each(|lag| lag.doubts.clear());
    driver.answer_sync(Ok(reply));
    assert!(driver.screen().contains("All targets show what their sources do."), "{}", driver.screen());
}

#[test]
fn the_drifts_of_one_pair_are_shown_alone() {
    let mut driver = Driver::with_sync(80, 24);
    driver.press("l");
    assert!(shown(&driver).is_empty() && driver.screen().contains("This target shows what its source does."));
    driver.press("→");
    assert_eq!(shown(&driver), ["HAT-RED-M", "SCARF-BLUE", "GLOVES"]);
    driver.press("l");
    assert_eq!(driver.state.sync.pair_name(), Some(("prices", "storefront")));
    assert_eq!(shown(&driver), ["HAT-RED-M"]);
    driver.press("l");
    assert_eq!((driver.state.sync.pair_name(), shown(&driver).len()), (None, 4), "round");
    driver.press("h");
    assert_eq!(driver.state.sync.pair_name(), Some(("prices", "storefront")));
    driver.press("q");
    assert_eq!((driver.state.sync.pair_name(), shown(&driver).len()), (None, 4));
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Orders));
}

#[test]
fn a_drift_says_what_orders_have_to_do_with_it() {
    let mut driver = Driver::with_sync(80, 24);
    driver.press("j");
    let screen = driver.screen();
    assert!(screen.contains("3 orders in flight explain -4, -7 unexplained"), "{screen}");
    assert!(screen.contains("12+ open orders, 1204.50 EUR, 80 USD, 1 of unknown worth: order:FCJVW7"), "{screen}");
    assert!(screen.contains("poll marketplace-stock") && screen.contains("arrived 0"), "and all else: {screen}");
    assert!(driver.chosen_row().contains("1204 EUR+"), "{}", driver.chosen_row());
    driver.press("sss");
    assert_eq!(shown(&driver), ["SCARF-BLUE", "HAT-RED-M", "HAT-RED-M", "GLOVES"], "what nobody knows comes last");
}

#[test]
fn each_column_can_be_sorted_by_and_the_choice_stays() {
    let mut driver = Driver::with_sync(140, 40);
    driver.press("j");
    let chosen = driver.state.sync.selected().cloned();
    for _ in DriftColumn::ALL {
        let sort = driver.state.sync.sort;
        assert!(driver.screen().contains(&format!("{}▼", sort.name())), "{sort:?}: {}", driver.screen());
        assert!(driver.state.sync.shown.is_sorted_by(|one, next| sort.compare(one, next).is_le()), "{sort:?}");
        driver.press("S");
        assert!(driver.state.sync.shown.is_sorted_by(|one, next| sort.compare(one, next).is_ge()), "{sort:?}");
        driver.press("Ss");
        assert_eq!(driver.state.sync.selected().cloned(), chosen, "{sort:?}");
    }
}

#[test]
fn a_filter_finds_what_the_columns_say() {
    let mut driver = Driver::with_sync(80, 24);
    driver.press("/scarf");
    assert_eq!(shown(&driver), ["SCARF-BLUE"]);
    driver.press("⎋/eur⏎");
    assert_eq!(shown(&driver), ["HAT-RED-M"]);
    driver.press("q");
    assert_eq!(shown(&driver).len(), 4);
    driver.press("p");
    driver.tick(60_000);
    assert!(!asks_sync(&driver), "it stands still");
}

#[test]
fn enter_shows_the_sku_in_every_system() {
    let mut driver = Driver::with_sync(80, 24);
    driver.press("⏎");
    let query = history_asked(&driver);
    assert_eq!(query.subject, "HAT-RED-M");
    assert_eq!(driver.state.now.duration_since(query.since.unwrap()).as_hours(), 24);
    driver.answer_history(Ok((sample::history(), sample::sync().drifts)));
    driver.answer_sku_orders(Ok(SkuOrders::default()));
    let screen = driver.screen();
    let row = |system: &str| screen.lines().find(|line| line.contains(system)).unwrap_or_default();
    let wms = row(" wms ");
    assert!(wms.contains("2h00m") && wms.trim_end_matches([' ', '"']).ends_with('▁'), "{wms}");
    assert!(row("marketplace").contains("!") && row("marketplace").contains("+7"), "{screen}");
    assert!(row("erp").contains("0 ×12"), "{screen}");
    driver.press("jt");
    assert!(driver.screen().contains("±30s"), "what the marketplace said when: {}", driver.screen());
    let query = history_asked(&driver);
    assert_eq!(driver.state.now.duration_since(query.since.unwrap()).as_hours(), 7 * 24);
    driver.answer_history(Ok((sample::history(), Vec::new())));
    assert_eq!(driver.state.sku.as_ref().unwrap().selected().unwrap().system, "marketplace", "the choice stays");
    driver.press("⏎");
    assert!(driver.screen().contains("this is no order"));
    driver.press("y");
    assert_eq!(driver.done, [Action::Copy("HAT-RED-M".to_owned())]);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Sync));
}

#[test]
fn the_orders_that_touched_a_sku_stand_below_its_copies() {
    let mut driver = Driver::with_sync(80, 24);
    driver.press("⏎");
    let asked = orders_asked(&driver).expect("asked beside the history").clone();
    assert_eq!((asked.sku.as_str(), asked.since, asked.until), ("HAT-RED-M", history_asked(&driver).since, None));
    driver.answer_history(Ok((sample::history(), sample::sync().drifts)));
    assert!(driver.screen().contains("Asking http"), "{}", driver.screen());
    driver.answer_sku_orders(Ok(sample::sku_orders()));
    let screen = driver.screen();
    assert!(screen.contains("orders that touched it: 6+, the newest"), "{screen}");
    let [row] = rows_of(&screen, "A-10042")[..] else { panic!("{screen}") };
    assert!(row.contains("11:32:03") && row.contains("64.95 EUR") && row.contains("○ open"), "{row}");
    assert!(row.contains("inventory.reserved wms"), "what it reached last, not where it was seen last: {row}");
    let [marks] = rows_of(&screen, "◆")[..] else { panic!("{screen}") };
    let [wms] = rows_of(&screen, " wms         main")[..] else { panic!("{screen}") };
    let changed = wms.chars().position(|bar| bar == '▁');
    assert_eq!(changed.and_then(|at| marks.chars().nth(at)), Some('◆'), "when it was reserved:\n{marks}\n{wms}");
    driver.press("t");
    let since = orders_asked(&driver).and_then(|query| query.since);
    assert_eq!((since, since.is_none()), (history_asked(&driver).since, false), "of the same time");
}

#[test]
fn an_order_that_touched_a_sku_is_opened() {
    let mut driver = Driver::with_sku(80, 24);
    driver.press("⇥j");
    assert!(driver.chosen_row().contains("A-10040"), "{}", driver.chosen_row());
    let screen = driver.screen();
    assert!(screen.contains("── order:A-10040") && screen.contains("order.placed         5 units"), "{screen}");
    driver.press("y");
    assert_eq!(driver.done, [Action::Copy("order:A-10040".to_owned())]);
    driver.tick(5_000);
    let mut reply = sample::sku_orders();
    reply.orders.insert(0, reply.orders[3].clone());
    driver.answer_sku_orders(Ok(reply));
    assert!(driver.chosen_row().contains("A-10040"), "the choice stays: {}", driver.chosen_row());
    driver.press("⏎");
    assert_eq!(driver.state.journey.as_ref().unwrap().key, "order:A-10040");
    driver.press("q");
    assert_eq!((driver.state.screen(), driver.state.sku.as_ref().unwrap().in_orders()), (Screen::Sku, true));
    driver.press("⇥j");
    assert!(driver.chosen_row().contains("marketplace"), "{}", driver.chosen_row());
    driver.press("⏎");
    assert!(driver.state.journey.is_none() && driver.screen().contains("this is no order"), "{}", driver.screen());
}

#[test]
fn where_there_is_no_room_below_the_orders_take_the_place_of_the_copies() {
    let mut driver = Driver::with_sku(80, 10);
    assert!(!driver.screen().contains("A-10042") && driver.screen().contains("marketplace"), "{}", driver.screen());
    driver.press("⇥G");
    let screen = driver.screen();
    assert!(screen.contains("SEEN LAST") && !screen.contains("SYSTEM"), "{screen}");
    assert!(driver.chosen_row().contains("A-10007"), "{}", driver.chosen_row());
}

#[test]
fn what_orders_do_not_hold_has_none() {
    let mut driver = Driver::with_sku(80, 24);
    let mut history = sample::history();
    history.copies.truncate(1);
    for entity in [Entity::OrderStatus, Entity::Feed, Entity::SearchIndex] {
        history.copies[0].entity = entity;
        driver.tick(5_000);
        driver.answer_history(Ok((history.clone(), Vec::new())));
        assert!(!driver.screen().contains("touched"), "{entity:?}: {}", driver.screen());
        driver.press("⇥");
        assert!(!driver.state.sku.as_ref().unwrap().in_orders(), "{entity:?}");
    }
    if orders_asked(&driver).is_some() {
        driver.answer_sku_orders(Ok(SkuOrders::default()));
    }
    driver.tick(60_000);
    assert!(orders_asked(&driver).is_none(), "nor are any asked for");
}

#[test]
fn a_history_without_orders_and_orders_without_a_history() {
    let mut driver = Driver::with_sync(80, 24);
    driver.press("⏎");
    driver.answer_history(Ok((sample::history(), Vec::new())));
    driver.answer_sku_orders(Err("503 ClickHouse is away".to_owned()));
    let screen = driver.screen();
    assert!(screen.contains("● live") && screen.contains("Which orders touched it is not known."), "{screen}");
    assert!(screen.contains("✗ orders that touched it are not known now: 503"), "{screen}");
    driver.tick(4_000);
    driver.answer_history(Ok((History { copies: Vec::new(), ..sample::history() }, Vec::new())));
    driver.answer_sku_orders(Ok(sample::sku_orders()));
    let screen = driver.screen();
    assert!(screen.contains("No system has said anything of it.") && !screen.contains("not known"), "{screen}");
    assert!(driver.chosen_row().contains("A-10042"), "there is nothing else to be chosen: {}", driver.chosen_row());
    driver.tick(4_000);
    driver.answer_history(Err("Connection refused".to_owned()));
    driver.answer_sku_orders(Ok(SkuOrders::default()));
    assert!(driver.screen().contains("✗ no answer from"), "{}", driver.screen());
    driver.press("⇥");
    assert!(driver.screen().contains("no order is known to have touched it"), "{}", driver.screen());
}

#[test]
fn an_order_whose_status_differs_is_opened() {
    let mut driver = Driver::with_sku(80, 24);
    let mut history = sample::history();
    history.subject = "order:A-10042".to_owned();
    history.copies.truncate(1);
    history.copies[0].entity = Entity::OrderStatus;
    if let Some(sku) = &mut driver.state.sku {
        sku.subject.clone_from(&history.subject);
    }
    driver.tick(5_000);
    driver.answer_history(Ok((history, Vec::new())));
    driver.press("⏎");
    assert_eq!(driver.state.journey.as_ref().unwrap().key, "order:A-10042");
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::Sku);
}

#[test]
fn an_answer_that_comes_late_changes_nothing() {
    let mut driver = Driver::with_sync(80, 24);
    driver.press("⏎");
    let ticket = driver.take_ticket(|action| matches!(action, Action::FetchHistory { .. }));
    driver.press("qj⏎");
    let result = Ok((sample::history(), Vec::new()));
    driver.event(super::Event::History { ticket, result });
    assert!(driver.state.sku.as_ref().unwrap().history.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_size_breaks_the_screen(columns in 1..=200_u16, rows in 1..=60_u16) {
        let mut driver = Driver::with_sync(columns, rows);
        for keys in ["", "j", "G", "s", "S", "l", "l", "h", "/x", "⏎", "q", "?", "?", "p", "t", "g"] {
            driver.press(keys);
            driver.screen();
            let sync = &driver.state.sync;
            prop_assert!(sync.cursor.at < sync.shown.len().max(1));
        }
        let mut driver = Driver::with_sku(columns, rows);
        for keys in ["", "j", "G", "⇥", "j", "G", "t", "?", "?", "⇥", "g", "⏎", "⇥", "⏎"] {
            driver.press(keys);
            driver.screen();
            let sku = driver.state.sku.as_ref().unwrap();
            prop_assert!(sku.cursor.at < sku.copies().len().max(1));
            prop_assert!(sku.orders.cursor.at < sku.orders.shown.len().max(1));
        }
    }
}
