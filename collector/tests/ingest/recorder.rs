use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ordertrace_collector::record::{Batch, Content, EventRecord, ReadingRecord, SpanRecord};
use ordertrace_collector::store::{Store, Stored, Unavailable};
use tokio::sync::{Notify, Semaphore};

/// A store that remembers what it is given, that can be made unavailable, and that can be
/// held so that requests stay under way.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Kept>);

/// What a test may ask of a span.
#[derive(Debug, PartialEq)]
pub(crate) struct KeptSpan {
    pub(crate) system: String,
    pub(crate) keys: Vec<String>,
    pub(crate) duration_ns: u64,
    pub(crate) parent_span_id: [u8; 8],
    /// The record as a text.
    pub(crate) whole: String,
}

impl From<&SpanRecord<'_>> for KeptSpan {
    fn from(span: &SpanRecord<'_>) -> Self {
        Self {
            system: span.origin.system.to_owned(),
            keys: span.keys.iter().map(|key| key.key().to_string()).collect(),
            duration_ns: span.duration_ns,
            parent_span_id: span.parent_span_id,
            whole: format!("{span:?}"),
        }
    }
}

/// What it was given.
pub(crate) struct Kept {
    pub(crate) spans: Mutex<Vec<KeptSpan>>,
    /// Their milestones.
    pub(crate) events: Mutex<Vec<String>>,
    /// Their values.
    pub(crate) readings: Mutex<Vec<String>>,
    pub(crate) unavailable: AtomicBool,
    /// Whether it says that it has stored everything before.
    pub(crate) stored_before: AtomicBool,
    /// Senders of what it was given.
    pub(crate) senders: Mutex<Vec<String>>,
    /// What it was given is known by.
    pub(crate) contents: Mutex<Vec<Content>>,
    /// Storing takes one permit and gives it back.
    pub(crate) gate: Semaphore,
    /// Told whenever storing begins.
    pub(crate) entered: Notify,
}

impl Deref for Recorder {
    type Target = Kept;

    fn deref(&self) -> &Kept {
        &self.0
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            spans: Mutex::default(),
            events: Mutex::default(),
            readings: Mutex::default(),
            unavailable: AtomicBool::new(false),
            stored_before: AtomicBool::new(false),
            senders: Mutex::default(),
            contents: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            entered: Notify::new(),
        }
    }
}

impl Kept {
    /// Lets no storing finish until [`Kept::open`].
    pub(crate) fn close(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets all storing finish.
    pub(crate) fn open(&self) {
        self.gate.add_permits(1_000);
    }

    async fn pass(&self) -> Result<Stored, Unavailable> {
        self.entered.notify_one();
        let _permit = self.gate.acquire().await.unwrap();
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(Unavailable {
                reason: "ClickHouse is away".to_owned(),
                retry_after: Duration::from_millis(2_500),
            });
        }
        Ok(Stored::First)
    }
}

impl Store for Recorder {
    async fn is_stored(&self, _: Content) -> Result<bool, Unavailable> {
        Ok(self.stored_before.load(Ordering::SeqCst))
    }

    fn spans(
        &self,
        batch: Batch<'_>,
        spans: &[SpanRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<> {
        let spans: Vec<KeptSpan> = spans.iter().map(KeptSpan::from).collect();
        let (recorder, sender, content) = (self.clone(), batch.sender.to_owned(), batch.content);
        async move {
            let stored = recorder.pass().await?;
            recorder.spans.lock().unwrap().extend(spans);
            recorder.senders.lock().unwrap().push(sender);
            recorder.contents.lock().unwrap().push(content);
            Ok(stored)
        }
    }

    fn events(
        &self,
        batch: Batch<'_>,
        events: &[EventRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<> {
        let events: Vec<String> = events.iter().map(|event| event.milestone.to_owned()).collect();
        let (recorder, sender, content) = (self.clone(), batch.sender.to_owned(), batch.content);
        async move {
            let stored = recorder.pass().await?;
            recorder.events.lock().unwrap().extend(events);
            recorder.senders.lock().unwrap().push(sender);
            recorder.contents.lock().unwrap().push(content);
            Ok(stored)
        }
    }

    fn readings(
        &self,
        batch: Batch<'_>,
        readings: &[ReadingRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<> {
        let readings: Vec<String> = readings.iter().map(|reading| reading.value.to_owned()).collect();
        let (recorder, sender, content) = (self.clone(), batch.sender.to_owned(), batch.content);
        async move {
            let stored = recorder.pass().await?;
            recorder.readings.lock().unwrap().extend(readings);
            recorder.senders.lock().unwrap().push(sender);
            recorder.contents.lock().unwrap().push(content);
            Ok(stored)
        }
    }
}
