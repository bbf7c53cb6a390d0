//! State, executor and a real socket together: a collector that is not there, and then is.

use axum::routing::get;
use axum::{Json, Router};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ordertrace::app::state::{Connection, Size, State};
use ordertrace::app::{Event, Executor, update};
use ordertrace::cli::Range;
use ordertrace::client::Client;
use ordertrace_api::order::OrdersPage;
use ordertrace_api::routes;
use tokio::net::TcpSocket;
use tokio::sync::mpsc;

/// Takes in `event` and, if it led to a question, waits for the answer.
async fn step(state: &mut State, executor: &Executor, answers: &mut mpsc::Receiver<Event>, event: Event) {
    let mut next = Some(event);
    while let Some(event) = next.take() {
        for action in update(state, event) {
            executor.ask(action);
            next = answers.recv().await;
        }
    }
}

#[tokio::test]
async fn a_collector_that_comes_up_is_found() {
    // Bound but not listening: connections are refused, and nobody else can take the port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let (sender, mut answers) = mpsc::channel(4);
    let executor = Executor::new(Client::new(&url).unwrap(), sender);
    let start: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let size = Size { columns: 80, rows: 24 };
    let mut state = State::new(&url, Range::default(), TimeZone::UTC, start, size);

    step(&mut state, &executor, &mut answers, Event::Tick(start)).await;
    let Connection::Down { since, reason, retry_at, .. } = state.connection.clone() else {
        panic!("{:?}", state.connection);
    };
    assert_eq!((since, retry_at), (start, start + SignedDuration::from_secs(1)));
    assert!(reason.starts_with("Connection refused"), "{reason}");

    let listener = socket.listen(16).unwrap();
    let router = Router::new().route(routes::ORDERS, get(|| async { Json(OrdersPage::default()) }));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    step(&mut state, &executor, &mut answers, Event::Tick(retry_at)).await;
    assert_eq!(state.connection, Connection::Up);
    assert_eq!(state.orders.received_at, Some(retry_at));
    server.abort();
}
