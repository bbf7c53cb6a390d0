//! Readings that bodies carry: what the receiving system was told to have, or says that it has. As a poll's
//! rows are read, and bounded like all of capture: a body that is cut off, or no JSON, gives none, and what is no
//! reading is left out and counted.

mod config;
mod row;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use ordertrace_api::keys::{PathTemplate, TemplateError};
use serde_json::value::RawValue;

pub use config::{BodyConfig, BodyReadingConfig, EndConfig, example_body_readings};

use self::row::Columns;
use super::Exchange;
use super::body::{Format, decoded, format};
use crate::poll::json::{Pointer, PointerError, document, for_each_element, text};
use crate::poll::{Plan, PlanError, reading_of_exchange};

/// Items of one body that are read.
const ITEMS: usize = 1_000;

/// What one kind of exchange tells.
#[derive(Debug)]
pub struct BodyReading {
    path: PathTemplate,
    method: Option<String>,
    from: BodyConfig,
    when: Option<(Pointer, String)>,
    items: Pointer,
    system: EndConfig,
    columns: Columns,
    plan: Plan,
}

/// What the bodies of an exchange gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BodyReadings {
    /// As log records.
    pub records: Vec<LogRecord>,
    /// Items, or whole bodies, that were none.
    pub refused: u64,
    /// Why the first of them was none; never with its text.
    pub reason: Option<String>,
}

/// A reading that cannot be made as configured.
#[derive(Debug, thiserror::Error)]
pub enum BodyReadingError {
    /// No path template.
    #[error("readings[{at}].path")]
    Path {
        /// Which reading.
        at: usize,
        /// Why not.
        source: TemplateError,
    },
    /// A path into a body that cannot be followed.
    #[error("readings[{at}]")]
    Pointer {
        /// Which reading.
        at: usize,
        /// Which and why.
        source: PointerError,
    },
    /// No condition.
    #[error("readings[{at}].when: {text:?} is no condition, which is written POINTER = VALUE")]
    When {
        /// Which reading.
        at: usize,
        /// What was given.
        text: String,
    },
    /// A column of the path that its template does not have.
    #[error("readings[{at}]: column path:{name} needs {{{name}}} in the path {path:?}")]
    Hole {
        /// Which reading.
        at: usize,
        /// The hole.
        name: String,
        /// The template.
        path: String,
    },
    /// Fields that such readings need, or do not have.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl BodyReading {
    /// The one at `at` of a route, made ready.
    ///
    /// # Errors
    /// [`BodyReadingError`] names the setting.
    pub fn new(at: usize, config: &BodyReadingConfig) -> Result<Self, BodyReadingError> {
        let pointer = |text: &str| Pointer::new(text).map_err(|source| BodyReadingError::Pointer { at, source });
        let plan = Plan::of_one(at, &config.reading, &config.time_zone)?;
        let columns = Columns::new(&plan.columns).map_err(|source| BodyReadingError::Pointer { at, source })?;
        let path: PathTemplate = config.path.parse().map_err(|source| BodyReadingError::Path { at, source })?;
        if let Some(name) = columns.of_path().find(|name| !config.path.split('/').any(|part| part == hole(name))) {
            return Err(BodyReadingError::Hole { at, name: name.to_owned(), path: config.path.clone() });
        }
        let when = match &config.when {
            None => None,
            Some(text) => {
                let (path, expected) =
                    text.split_once('=').ok_or_else(|| BodyReadingError::When { at, text: text.clone() })?;
                Some((pointer(path.trim())?, expected.trim().to_owned()))
            }
        };
        let (items, method) = (pointer(&config.items)?, config.method.clone());
        Ok(Self { path, method, from: config.from, when, items, system: config.system, columns, plan })
    }

    /// Adds what an exchange tells.
    fn read(&self, exchange: &Exchange, readings: &mut BodyReadings) {
        if self.method.as_ref().is_some_and(|method| !method.eq_ignore_ascii_case(&exchange.method)) {
            return;
        }
        let Some(holes) = self.path.matches(&exchange.path) else { return };
        let (headers, copy) = match self.from {
            BodyConfig::Request => (&exchange.request_headers, &exchange.request_body),
            BodyConfig::Response => (&exchange.response_headers, &exchange.response_body),
        };
        if copy.size == 0 {
            return;
        }
        if copy.is_truncated() {
            return readings.refuse("a body is longer than capture_bytes, and was cut off");
        }
        let Some(plain) = decoded(headers, copy) else {
            return readings.refuse("a body is coded in a way that is not looked into");
        };
        if format(headers, &plain) != Format::Json {
            return readings.refuse("a body is no JSON");
        }
        let Ok(body) = document(&plain) else {
            return readings.refuse("a body is no JSON, or longer than is looked at");
        };
        let is_met = |(pointer, expected): &(Pointer, String)| {
            pointer.find(body).and_then(text).is_some_and(|text| text == *expected)
        };
        if !self.when.as_ref().is_none_or(is_met) {
            return;
        }
        let outer = self.columns.outer(&holes, body);
        let Some(found) = self.items.find(body) else { return readings.refuse("a body lacks the items") };
        let mut seen = 0_usize;
        let mut item = |item: &RawValue| {
            seen += 1;
            match self.columns.row(&outer, item) {
                _ if seen > ITEMS => readings.refuse(&format!("a body has more than {ITEMS} items")),
                None => readings.refuse("an item is no JSON object"),
                Some(row) => self.plan.read(&row).for_each(|reading| match reading {
                    Ok(reading) => {
                        let system = match self.system {
                            EndConfig::To => &exchange.to,
                            EndConfig::From => &exchange.from,
                        };
                        readings.records.push(reading_of_exchange(&reading, system, exchange.ended_at_ns));
                    }
                    Err(refusal) => readings.refuse(&refusal.to_string()),
                }),
            }
        };
        if found.get().starts_with('[') {
            // A document that was read whole has no array that cannot be.
            let _ = for_each_element(found, item);
        } else {
            item(found);
        }
    }
}

impl BodyReadings {
    /// What an exchange tells: nothing, unless its answer was a success.
    pub fn of(exchange: &Exchange, all: &[BodyReading]) -> Self {
        let mut readings = Self::default();
        let is_success = exchange.error_type.is_none() && exchange.status.is_some_and(|status| status / 100 == 2);
        if is_success {
            all.iter().for_each(|reading| reading.read(exchange, &mut readings));
        }
        readings
    }

    fn refuse(&mut self, reason: &str) {
        self.refused += 1;
        self.reason.get_or_insert_with(|| reason.to_owned());
    }
}

fn hole(name: &str) -> String {
    format!("{{{name}}}")
}

#[cfg(test)]
mod tests;
