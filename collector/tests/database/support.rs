//! A real ClickHouse for one test, and spans to put into it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};
use ordertrace_api::span::SpanKind;
use ordertrace_collector::engine::progress::Silent;
use ordertrace_collector::engine::{Engine, EngineSettings};
use ordertrace_collector::record::{
    Access, Attribute, Batch, Content, EventRecord, LineRecord, Mention, OrderLines, Origin, ReadingRecord, Scope,
    Side, SpanRecord, SpanStatus,
};
use ordertrace_collector::storage::{Connection, GroupLimits, Retention, Storage};
use ordertrace_collector::store::{Store, Stored, Unavailable};
use ordertrace_otlp::Signal;

/// A ClickHouse of its own with an empty database, gone when dropped.
pub(crate) struct Database {
    pub(crate) storage: Storage,
    batches: AtomicU64,
    connection: Connection,
    _engine: Engine,
    _folder: tempfile::TempDir,
}

impl Database {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = EngineSettings {
            executable: Some(PathBuf::from(env!("CARGO_BIN_EXE_ordertrace-collector"))),
            ..EngineSettings::new(folder.path())
        };
        let engine = Engine::start(settings, &Silent).await.unwrap();
        let connection = Connection::embedded(engine.endpoint(), "ordertrace");
        let storage = Storage::open(&connection, GroupLimits::default(), Retention::default()).await.unwrap();
        Self { storage, batches: AtomicU64::new(0), connection, _engine: engine, _folder: folder }
    }

    /// Stores spans as those of one batch.
    pub(crate) async fn spans(&self, spans: Vec<SpanRecord<'_>>) -> Result<Stored, Unavailable> {
        self.storage.spans(self.batch(Signal::Traces), &spans).await
    }

    /// Stores log records as those of one batch.
    pub(crate) async fn events(&self, events: Vec<EventRecord<'_>>) -> Result<Stored, Unavailable> {
        self.storage.events(self.batch(Signal::Logs), &events).await
    }

    /// Stores readings as those of one batch.
    pub(crate) async fn readings(&self, readings: Vec<ReadingRecord<'_>>) -> Result<Stored, Unavailable> {
        self.storage.readings(self.batch(Signal::Metrics), &readings).await
    }

    /// A batch unlike any before.
    fn batch(&self, signal: Signal) -> Batch<'static> {
        batch(signal, &format!("batch {}", self.batches.fetch_add(1, Ordering::Relaxed)))
    }

    /// One more collector beside it.
    pub(crate) async fn another(&self) -> Storage {
        Storage::open(&self.connection, GroupLimits::default(), Retention::default()).await.unwrap()
    }

    /// The only number that a query answers.
    pub(crate) async fn number(&self, sql: &str) -> u64 {
        self.client().query(&format!("SELECT toUInt64(ifNull(({sql}), 0))")).fetch_one().await.unwrap()
    }

    /// Executes a statement.
    pub(crate) async fn execute(&self, sql: &str) {
        self.client().query(sql).execute().await.unwrap();
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn client(&self) -> clickhouse::Client {
        self.storage.client().clone()
    }
}

/// A batch with this body.
pub(crate) fn batch(signal: Signal, body: &str) -> Batch<'static> {
    Batch { content: Content::of(body.as_bytes()), signal, sender: "shop", refused: &[], sources: &[] }
}

/// A moment of the tests' day.
pub(crate) fn at_ns(ms: i64) -> i64 {
    1_795_253_154_000_000_000 + ms * 1_000_000
}

pub(crate) fn trace(n: u8) -> [u8; 16] {
    [n; 16]
}

/// A text that lives as long as the test.
pub(crate) fn kept(text: &str) -> &'static str {
    text.to_owned().leak()
}

/// A resource of the system.
pub(crate) fn origin(system: &str, attributes: &'static [Attribute<'static>]) -> &'static Origin<'static> {
    Box::leak(Box::new(Origin { service: kept(system), system: kept(system), attributes }))
}

/// The key as it is seen.
pub(crate) fn mention(key: &Key, strength: Strength) -> Mention<'static> {
    let system = kept(key.system.as_deref().unwrap_or_default());
    Mention { kind: kept(&key.kind), system, value: kept(&key.value), strength }
}

/// Builds a span.
pub(crate) struct SpanBuilder {
    span: SpanRecord<'static>,
    keys: Vec<Mention<'static>>,
    side: Option<Side<'static>>,
}

impl SpanBuilder {
    fn new(trace_id: [u8; 16], id: u8, system: &str, kind: SpanKind) -> Self {
        let span = SpanRecord {
            trace_id,
            span_id: [id; 8],
            parent_span_id: [0; 8],
            trace_state: "",
            started_at_ns: at_ns(0),
            duration_ns: 0,
            name: "span",
            kind,
            status: SpanStatus::Unset,
            status_message: "",
            origin: origin(system, &[]),
            scope: &Scope { name: "", version: "", attributes: &[] },
            attributes: &[],
            events: &[],
            links: &[],
            keys: &[],
            lines: None,
            noise: "",
            milestone: "",
            side: None,
        };
        Self { span, keys: Vec::new(), side: None }
    }

    fn side(mut self, observer: Observer, from: &str, to: &str, operation: &str) -> Self {
        let (method, path) = operation.split_once(' ').unwrap_or(("POST", "/api"));
        self.side = Some(Side {
            observer,
            from: kept(from),
            to: kept(to),
            operation: kept(operation),
            method: kept(method),
            path: kept(path),
            status_code: 200,
            resend_count: 0,
            idempotency_key: "",
            error_type: "",
            access: Access::default(),
        });
        self
    }

    pub(crate) fn internal(trace_id: [u8; 16], id: u8, system: &str) -> Self {
        Self::new(trace_id, id, system, SpanKind::Internal)
    }

    pub(crate) fn client(trace_id: [u8; 16], id: u8, system: &str, to: &str, operation: &str) -> Self {
        Self::new(trace_id, id, system, SpanKind::Client).side(Observer::Client, system, to, operation)
    }

    pub(crate) fn proxy(trace_id: [u8; 16], id: u8, from: &str, to: &str, operation: &str) -> Self {
        Self::new(trace_id, id, "ordertrace-agent", SpanKind::Client).side(Observer::Proxy, from, to, operation)
    }

    pub(crate) fn server(trace_id: [u8; 16], id: u8, system: &str, operation: &str) -> Self {
        Self::new(trace_id, id, system, SpanKind::Server).side(Observer::Server, "", system, operation)
    }

    pub(crate) fn parent(mut self, id: u8) -> Self {
        self.span.parent_span_id = [id; 8];
        self
    }

    pub(crate) fn at(mut self, ms: i64, length_ms: u64) -> Self {
        self.span.started_at_ns = at_ns(ms);
        self.span.duration_ns = length_ms * 1_000_000;
        self
    }

    fn add(mut self, key: Option<Key>, strength: Strength) -> Self {
        self.keys.push(mention(&key.unwrap(), strength));
        self
    }

    pub(crate) fn key(self, kind: &str, value: &str) -> Self {
        self.add(Key::global(kind, value), Strength::Strong)
    }

    pub(crate) fn within(self, kind: &str, value: &str, system: &str) -> Self {
        self.add(Key::within(kind, value, system), Strength::Strong)
    }

    pub(crate) fn weak(self, kind: &str, value: &str) -> Self {
        self.add(Key::global(kind, value), Strength::Weak)
    }

    pub(crate) fn weak_key(self, key: &Key) -> Self {
        self.add(Some(key.clone()), Strength::Weak)
    }

    pub(crate) fn session(self, value: &str) -> Self {
        self.add(Key::global("session", value), Strength::Session)
    }

    pub(crate) fn milestone(mut self, name: &str) -> Self {
        self.span.milestone = kept(name);
        self
    }

    /// What the order of its lines is worth.
    pub(crate) fn worth(mut self, amount: &str, currency: &str) -> Self {
        let lines = *self.span.lines.unwrap();
        let worth = OrderLines { amount: kept(amount), currency: kept(currency), ..lines };
        self.span.lines = Some(Box::leak(Box::new(worth)));
        self
    }

    /// A line of the order that its last key names.
    pub(crate) fn line(mut self, sku: &str, location: &str, units: &str) -> Self {
        let order = *self.keys.last().unwrap();
        let line = LineRecord { sku: kept(sku), location: kept(location), units: kept(units) };
        let (amount, currency) = self.span.lines.map_or(("", ""), |lines| (lines.amount, lines.currency));
        let lines = self.span.lines.map_or(&[][..], |lines| lines.lines);
        let lines = [lines, &[line]].concat().leak();
        self.span.lines = Some(Box::leak(Box::new(OrderLines { order, amount, currency, lines })));
        self
    }

    pub(crate) fn attributes(mut self, attributes: &'static [Attribute<'static>]) -> Self {
        self.span.attributes = attributes;
        self
    }

    pub(crate) fn status(mut self, code: u16) -> Self {
        if let Some(side) = &mut self.side {
            side.status_code = code;
        }
        self
    }

    pub(crate) fn resent(mut self, count: u32) -> Self {
        if let Some(side) = &mut self.side {
            side.resend_count = count;
        }
        self
    }

    pub(crate) fn idempotency(mut self, key: &str) -> Self {
        if let Some(side) = &mut self.side {
            side.idempotency_key = kept(key);
        }
        self
    }

    pub(crate) fn access(mut self, access: Access<'static>) -> Self {
        if let Some(side) = &mut self.side {
            side.access = access;
        }
        self
    }

    pub(crate) fn build(self) -> SpanRecord<'static> {
        let side = self.side.map(|side| &*Box::leak(Box::new(side)));
        SpanRecord { keys: self.keys.leak(), side, ..self.span }
    }
}
