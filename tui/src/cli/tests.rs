use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::CommandFactory;
use insta::assert_snapshot;
use jiff::SignedDuration;
use ordertrace_api::agent::AGENT_STATUS;
use ordertrace_api::alert::{AcknowledgeRequest, Acknowledgement, AlertsQuery, Silence, SilenceReply, SilenceRequest};
use ordertrace_api::history::HistoryQuery;
use ordertrace_api::hotspot::{Against, Hotspots, HotspotsQuery};
use ordertrace_api::journey::{Candidates, Journey};
use ordertrace_api::lines::{SkuOrders, SkuOrdersQuery};
use ordertrace_api::order::OrdersPage;
use ordertrace_api::problem::Problem;
use ordertrace_api::reading::Entity;
use ordertrace_api::routes;
use ordertrace_api::sync::SyncReply;
use tokio::net::TcpListener;

use super::*;
use crate::sample;

/// Answers for one order, for `4` with two, refuses one, and has an empty list.
async fn collector() -> String {
    let journey = |Path(key): Path<String>| async move {
        match key.as_str() {
            "A-10042" => Json(sample::journey()).into_response(),
            "4" => {
                let candidates = vec![sample::key("order@erp:4"), sample::key("order@oms:4")];
                (StatusCode::MULTIPLE_CHOICES, Json(Candidates { candidates })).into_response()
            }
            "refused" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            _ => {
                let problem = Problem { title: "nothing found".to_owned(), status: 404, detail: String::new() };
                (StatusCode::NOT_FOUND, Json(problem)).into_response()
            }
        }
    };
    let hotspots = |Query(query): Query<HotspotsQuery>| async move {
        // What is asked for without a range, and with all there is.
        if query == HotspotsQuery::default() {
            return Json(Hotspots { handoffs: Vec::new(), systems: Vec::new(), ..sample::hotspots() });
        }
        let ago = |minutes| Some(sample::now() - SignedDuration::from_mins(minutes));
        assert_eq!(
            query,
            HotspotsQuery { since: ago(120), until: ago(30), against: Some(Against::Week), slices: None }
        );
        Json(sample::hotspots())
    };
    let alerts = |Query(query): Query<AlertsQuery>| async move {
        // Those that are not over.
        assert_eq!((query.since, query.limit), (Some(sample::now()), Some(10)));
        let prefix = query.id.unwrap();
        let mut reply = sample::alerts();
        reply.alerts.retain(|alert| alert.id.starts_with(&prefix) && alert.resolved_at.is_none());
        Json(reply)
    };
    let acknowledge = |Path(id): Path<String>, Json(request): Json<AcknowledgeRequest>| async move {
        assert_eq!(id, "a1".repeat(16));
        let AcknowledgeRequest { who, note } = request;
        Json(Acknowledgement { who, note, at: sample::now() })
    };
    let silence = |Path(id): Path<String>, Json(request): Json<SilenceRequest>| async move {
        if id == "a1".repeat(16) {
            let problem =
                Problem { title: "nobody silences".to_owned(), status: 409, detail: "no Alertmanager".to_owned() };
            return (StatusCode::CONFLICT, Json(problem)).into_response();
        }
        assert_eq!((request.who.as_str(), request.comment.as_str()), ("ada", "counting"));
        let until = sample::now() + SignedDuration::from_secs(i64::from(request.duration_s));
        let silences = vec![Silence { receiver: "oncall".to_owned(), id: "s1".to_owned() }];
        Json(SilenceReply { silences, until }).into_response()
    };
    let history = |Query(query): Query<HistoryQuery>| async move {
        let mut history = sample::history();
        if query.subject == "shopping" {
            history.copies.truncate(1);
            history.copies[0].entity = Entity::Feed;
        }
        Json(history)
    };
    let sku_orders = |Query(query): Query<SkuOrdersQuery>| async move {
        let since = Some(sample::now() - SignedDuration::from_hours(2));
        let expected = SkuOrdersQuery { sku: "HAT-RED-M".to_owned(), since, until: None, limit: Some(500) };
        if query == expected {
            Json(sample::sku_orders()).into_response()
        } else {
            StatusCode::BAD_REQUEST.into_response()
        }
    };
    let router = Router::new()
        .route(routes::SYNC, get(|| async { Json(sample::sync()) }))
        .route(routes::SYNC_HISTORY, get(history))
        .route(routes::SYNC_ORDERS, get(sku_orders))
        .route(routes::ALERTS, get(alerts))
        .route(routes::ALERT_ACKNOWLEDGEMENT, post(acknowledge))
        .route(routes::ALERT_SILENCE, post(silence))
        .route(routes::JOURNEY, get(journey))
        .route(routes::STATUS, get(|| async { Json(sample::status()) }))
        .route(routes::HOTSPOTS, get(hotspots))
        .route(AGENT_STATUS, get(|| async { Json(sample::agent_status()) }))
        .route(routes::ORDERS, get(|| async { Json(OrdersPage::default()) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn run_line(line: &str) -> (Result<Exit, Failure>, String) {
    let url = collector().await;
    let words = ["ordertrace", "--collector", &url].into_iter().chain(line.split(' '));
    let cli = Cli::try_parse_from(words).unwrap();
    let mut output = Output {
        out: Vec::new(),
        printer: Printer { theme: None, ascii: false },
        around: Surroundings { now: sample::now(), zone: TimeZone::UTC, columns: 80 },
    };
    let Some(Task::Ask(command)) = cli.command else { panic!("{line:?} asks nothing") };
    let result = run(command, &cli.options, &mut output).await;
    (result, String::from_utf8(output.out).unwrap())
}

#[tokio::test]
async fn agents_are_asked_beside_the_collector_and_one_that_is_away_hides_nothing() {
    // The same server stands in for an agent.
    let agent = collector().await;
    let line = format!("status --format json --agent {agent} --agent http://127.0.0.1:1");
    let (exit, json) = run_line(&line).await;
    assert_eq!(exit.unwrap().code(), 0);
    let reply: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(reply["version"], sample::status().version);
    let [there, away] = &reply["agents"].as_array().unwrap()[..] else { panic!("{reply}") };
    assert_eq!((there["url"].as_str(), there["name"].as_str()), (Some(agent.as_str()), Some("beside-the-erp")));
    assert_eq!(away["url"], "http://127.0.0.1:1");
    assert!(away["error"].as_str().unwrap().contains("127.0.0.1:1"), "{away}");
    let (_, json) = run_line("status --format json").await;
    assert!(!json.contains("agents"), "as the API has it");
    let (_, pretty) = run_line(&format!("status --agent {agent}")).await;
    assert!(pretty.contains("beside-the-erp") && pretty.contains("ClickHouse 26.7.3"), "{pretty}");
}

#[tokio::test]
async fn an_order_is_answered_in_every_format() {
    let (exit, json) = run_line("order A-10042 --format json").await;
    assert_eq!(exit.unwrap().code(), 0);
    assert_eq!(serde_json::from_str::<Journey>(&json).unwrap(), sample::journey());
    let (_, pretty) = run_line("order A-10042").await;
    assert!(pretty.starts_with("order:A-10042  ✗ failed"), "{pretty}");
    let (_, markdown) = run_line("order A-10042 --format markdown").await;
    assert!(markdown.starts_with("## order:A-10042 ✗ failed"), "{markdown}");
}

#[tokio::test]
async fn hotspots_are_sorted_cut_and_compared_as_asked() {
    let asked = "hotspots --since 2h --until 30m --against week";
    let (exit, json) = run_line(&format!("{asked} --sort retries --limit 1 --format json")).await;
    assert_eq!(exit.unwrap().code(), 0);
    let reply: Hotspots = serde_json::from_str(&json).unwrap();
    assert_eq!((reply.handoffs.len(), &*reply.handoffs[0].to, reply.systems.len(), reply.more), (1, "oms", 1, true));
    let (_, pretty) = run_line(&format!("{asked} --by system")).await;
    assert!(pretty.contains("\nSYSTEM") && pretty.contains("\nerp") && !pretty.contains("HANDOFF"), "{pretty}");
    let (_, markdown) = run_line(&format!("{asked} --format markdown")).await;
    assert!(markdown.contains("| handoff |") && markdown.contains("`storefront→oms POST /orders`"), "{markdown}");
    let (exit, pretty) = run_line("hotspots").await;
    assert_eq!((exit.unwrap().code(), &*pretty), (1, ""));
}

#[tokio::test]
async fn a_sku_is_told_of_with_the_orders_that_touched_it() {
    let asked = "sync --sku HAT-RED-M --since 2h --limit 600";
    let (exit, pretty) = run_line(asked).await;
    assert_eq!(exit.unwrap().code(), 0);
    let (history, orders) = pretty.split_once("SEEN LAST").unwrap();
    assert!(history.contains("  orders ") && history.contains('◆') && history.contains("storefront"), "{pretty}");
    assert!(orders.contains("A-10042") && orders.contains("○ open") && orders.contains("more orders"), "{pretty}");
    let (_, json) = run_line(&format!("{asked} --format json")).await;
    let reply: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::from_value::<SyncReply>(reply.clone()).unwrap(), sample::sync(), "as without a SKU");
    assert_eq!(serde_json::from_value::<SkuOrders>(reply["orders"].clone()).unwrap(), sample::sku_orders());
    let (_, markdown) = run_line(&format!("{asked} --format markdown")).await;
    assert!(markdown.contains("| `order:A-10042` | 7 | 64.95 EUR | ○ open | inventory.reserved | wms |"), "{markdown}");
    let (_, json) = run_line("sync --format json").await;
    assert_eq!(serde_json::from_str::<SyncReply>(&json).unwrap(), sample::sync());
    assert!(!json.contains("\"orders\": {"), "{json}");
    let (exit, feed) = run_line("sync --feed shopping").await;
    assert_eq!(exit.unwrap().code(), 0, "no orders are asked for");
    assert!(!feed.contains("SEEN LAST") && !feed.contains("no order"), "{feed}");
}

#[tokio::test]
async fn an_alert_is_named_by_the_beginning_of_its_id() {
    let (exit, said) = run_line("alerts ack a1 --who ada --note on-it").await;
    assert_eq!(exit.unwrap().code(), 0);
    assert!(said.starts_with("ada takes care of MarketplaceStopped: marketplace has not shown"), "{said}");
    let (_, json) = run_line("alerts ack A1A1 --who ada --note on-it --format json").await;
    let noted: Acknowledgement = serde_json::from_str(&json).unwrap();
    assert_eq!((noted.who.as_str(), noted.note.as_str()), ("ada", "on-it"));
    let (_, said) = run_line("alerts silence a5 --for 1h30m --who ada --comment counting").await;
    let silent = "oncall: silent until 2026-11-21 14:02:03 UTC about StockDrift: HAT-RED-M main: wms 0, marketplace 7";
    assert_eq!(said.trim_end(), silent);

    let several = run_line("alerts ack a --who ada").await.0.unwrap_err();
    assert_eq!(several.code(), 2);
    let (said, ids) = (several.to_string(), ["a1", "a5"].map(|id| id.repeat(16)));
    assert!(said.starts_with("\"a\" is the beginning of several alerts' ids; write more of it:\n"), "{said}");
    assert!(ids.iter().all(|id| said.contains(id)), "{said}");
    assert_eq!(run_line("alerts ack 0e --who ada").await.0.unwrap().code(), 1, "it is over, or never was");
    let refused = run_line("alerts silence a1 --for 1h --who ada").await.0.unwrap_err();
    assert!(refused.code() == 3 && refused.to_string().ends_with("409: nobody silences: no Alertmanager"), "{refused}");
    assert_eq!(run_line("alerts ack a1 --who ada --since 1h").await.0.unwrap_err().code(), 2);
    for wrong in ["ack HAT --who ada", "silence a1 --for 31d --who ada", "silence a1 --who ada", "--limit 2 ack a1"] {
        let line = format!("ordertrace alerts {wrong}");
        assert_eq!(Cli::try_parse_from(line.split(' ')).unwrap_err().exit_code(), 2, "{wrong}");
    }
}

#[tokio::test]
async fn exit_codes_are_those_of_the_contract() {
    assert_eq!(run_line("order nobody").await.0.unwrap().code(), 1);
    let (exit, json) = run_line("orders --format json").await;
    assert_eq!(exit.unwrap().code(), 1);
    assert_eq!(serde_json::from_str::<OrdersPage>(&json).unwrap(), OrdersPage::default());
    let ambiguous = run_line("order 4").await.0.unwrap_err();
    assert_eq!(ambiguous.code(), 2);
    assert_eq!(ambiguous.to_string(), "\"4\" names several orders; ask for one of them:\n  order@erp:4\n  order@oms:4");
    assert_eq!(run_line("order A-10042 --since 2h").await.0.unwrap_err().code(), 2);
    for backwards in ["hotspots --since 1h --until 2h", "hotspots --since 2099-01-01T00:00:00Z"] {
        let failure = run_line(backwards).await.0.unwrap_err();
        assert_eq!(failure.code(), 2, "{failure}");
        assert!(failure.to_string().ends_with("--since must be earlier"), "{failure}");
    }
    assert_eq!(run_line("order refused").await.0.unwrap_err().code(), 3);
}

#[test]
fn completions_name_the_commands() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_, script) = runtime.block_on(run_line("completions bash"));
    assert!(script.contains("completions") && script.contains("--collector"));
    assert!(script.contains("silence") && script.contains("--comment"));
}

#[test]
fn the_help_is_as_documented() {
    Cli::command().debug_assert();
    let help = Cli::command().term_width(100).render_long_help().to_string();
    assert_snapshot!(help);
}

#[test]
fn settings_give_way_to_flags() {
    let options = Cli::try_parse_from(["ordertrace", "--collector", "http://flag:1"]).unwrap().options;
    let settings =
        Settings { collector: Some("http://file:1".to_owned()), theme: Some(ThemeChoice::Mono), ascii: Some(true) };
    let options = options.over(settings);
    assert_eq!(options.collector(), "http://flag:1");
    assert_eq!((options.theme, options.ascii), (Some(ThemeChoice::Mono), true));
}

#[test]
fn the_locale_decides_about_ascii() {
    let with = |name: &'static str, value: &'static str| move |asked: &str| (asked == name).then(|| value.to_owned());
    assert!(locale_is_utf8(|_| None));
    assert!(locale_is_utf8(with("LANG", "de_DE.UTF-8")));
    assert!(locale_is_utf8(with("LC_ALL", "C.utf8")));
    assert!(!locale_is_utf8(with("LC_CTYPE", "POSIX")));
    assert!(!locale_is_utf8(with("LANG", "de_DE.ISO-8859-1")));
}
