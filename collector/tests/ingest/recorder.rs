use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ordertrace_collector::record::{EventRecord, ReadingRecord, SpanRecord};
use ordertrace_collector::store::{Store, Unavailable};
use tokio::sync::{Notify, Semaphore};

/// A store that remembers what it is given, that can be made unavailable, and that can be
/// held so that requests stay under way.
pub(crate) struct Recorder {
    pub(crate) spans: Mutex<Vec<SpanRecord>>,
    pub(crate) events: Mutex<Vec<EventRecord>>,
    pub(crate) readings: Mutex<Vec<ReadingRecord>>,
    pub(crate) unavailable: AtomicBool,
    /// Storing takes one permit and gives it back.
    pub(crate) gate: Semaphore,
    /// Told whenever storing begins.
    pub(crate) entered: Notify,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            spans: Mutex::default(),
            events: Mutex::default(),
            readings: Mutex::default(),
            unavailable: AtomicBool::new(false),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            entered: Notify::new(),
        }
    }
}

impl Recorder {
    /// Lets no storing finish until [`Recorder::open`].
    pub(crate) fn close(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets all storing finish.
    pub(crate) fn open(&self) {
        self.gate.add_permits(1_000);
    }

    async fn pass(&self) -> Result<(), Unavailable> {
        self.entered.notify_one();
        let _permit = self.gate.acquire().await.unwrap();
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(Unavailable {
                reason: "ClickHouse is away".to_owned(),
                retry_after: Duration::from_millis(2_500),
            });
        }
        Ok(())
    }
}

impl Store for Recorder {
    async fn spans(&self, spans: Vec<SpanRecord>) -> Result<(), Unavailable> {
        self.pass().await?;
        self.spans.lock().unwrap().extend(spans);
        Ok(())
    }

    async fn events(&self, events: Vec<EventRecord>) -> Result<(), Unavailable> {
        self.pass().await?;
        self.events.lock().unwrap().extend(events);
        Ok(())
    }

    async fn readings(&self, readings: Vec<ReadingRecord>) -> Result<(), Unavailable> {
        self.pass().await?;
        self.readings.lock().unwrap().extend(readings);
        Ok(())
    }
}
