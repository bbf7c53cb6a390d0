//! Which columns a poll needs, and what readings a row of them gives.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use ordertrace_api::keys::{usable, usable_only_within_a_system};
use ordertrace_api::reading::{Entity, StockState};

use crate::decimal::{DecimalError, exact};
use crate::poll::config::{Field, PollConfig, ReadingConfig};
use crate::poll::moment::{MomentError, TimeFormat, moment};

/// Longest text of a field, in bytes; of a value.
const FIELD_BYTES: usize = 128;
const VALUE_BYTES: usize = 1024;

/// Readings that cannot be made as configured.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No reading.
    #[error("readings is empty: write what its rows tell")]
    NoReading,
    /// A field that such readings need.
    #[error("readings[{at}]: an {entity} reading needs `{field}`, in columns or in constants")]
    Missing {
        /// Which reading.
        at: usize,
        /// Of what.
        entity: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A field that such readings do not have.
    #[error("readings[{at}]: an {entity} reading has no `{field}`")]
    Foreign {
        /// Which reading.
        at: usize,
        /// Of what.
        entity: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A field with two meanings.
    #[error("readings[{at}]: `{field}` stands in columns and in constants; leave one away")]
    Twice {
        /// Which reading.
        at: usize,
        /// The field.
        field: &'static str,
    },
    /// A constant that is no such field.
    #[error("readings[{at}].constants.{field} {reason}")]
    Constant {
        /// Which reading.
        at: usize,
        /// The field.
        field: &'static str,
        /// What is wrong.
        reason: FieldError,
    },
    /// A time zone that nobody knows.
    #[error("time_zone {name:?} is not known here; write one such as Europe/Berlin")]
    TimeZone {
        /// What was given.
        name: String,
    },
}

/// Why a text is no such field. What the text is stays untold: a wrong column may hold
/// anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Too long.
    #[error("is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// Not printable.
    #[error("has control characters")]
    Control,
    /// Not a number.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// Not a time.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// Not a currency.
    #[error("is no ISO 4217 currency, three capital letters")]
    Currency,
    /// Not a state of stock.
    #[error("is none of available, on_hand, reserved, allocated")]
    State,
    /// Not an order's id.
    #[error("is no id")]
    Id,
}

/// Why a row gives no such reading.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} (column {column}) {reason}")]
pub(crate) struct Refusal {
    /// The field.
    pub field: &'static str,
    /// Where it was looked for.
    pub column: String,
    /// What is wrong with it.
    pub reason: FieldError,
}

/// One reading: what it is of and its fields, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Of what.
    pub entity: Entity,
    /// In the order of [`Field::ALL`].
    pub fields: Vec<(Field, String)>,
}

/// What a poll's rows tell.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The columns that rows are made of, each once.
    pub columns: Vec<String>,
    mappings: Vec<Mapping>,
    zone: TimeZone,
}

#[derive(Debug)]
struct Mapping {
    entity: Entity,
    fields: Vec<(Field, bool, Source)>,
    value_scale: i8,
    decimal_comma: bool,
    time_format: TimeFormat,
}

#[derive(Debug)]
enum Source {
    Constant(String),
    /// Index among the plan's columns.
    Column(usize),
}

impl Plan {
    /// What `config` asks for.
    ///
    /// # Errors
    /// [`PlanError`] says which reading and which field.
    pub(super) fn new(config: &PollConfig) -> Result<Self, PlanError> {
        let zone = zone(&config.time_zone)?;
        let mut columns = Vec::new();
        if config.readings.is_empty() {
            return Err(PlanError::NoReading);
        }
        let mut mappings = Vec::new();
        for (at, reading) in config.readings.iter().enumerate() {
            mappings.push(Mapping::new(at, reading, &mut columns, &zone)?);
        }
        Ok(Self { columns, mappings, zone })
    }

    /// What a single reading asks for, which is the one at `at`.
    ///
    /// # Errors
    /// [`PlanError`] says which reading and which field.
    pub(crate) fn of_one(at: usize, reading: &ReadingConfig, time_zone: &str) -> Result<Self, PlanError> {
        let (zone, mut columns) = (zone(time_zone)?, Vec::new());
        let mappings = vec![Mapping::new(at, reading, &mut columns, &zone)?];
        Ok(Self { columns, mappings, zone })
    }

    /// The readings that a row gives; `row` has a text for each of the plan's columns.
    pub(crate) fn read(&self, row: &[Option<Cow<'_, str>>]) -> impl Iterator<Item = Result<Reading, Refusal>> {
        self.mappings.iter().map(|mapping| mapping.read(row, &self.columns, &self.zone))
    }
}

fn zone(name: &str) -> Result<TimeZone, PlanError> {
    TimeZone::get(name).map_err(|_| PlanError::TimeZone { name: name.to_owned() })
}

impl Mapping {
    fn new(at: usize, config: &ReadingConfig, columns: &mut Vec<String>, zone: &TimeZone) -> Result<Self, PlanError> {
        let entity = config.entity;
        let mut mapping = Self {
            entity,
            fields: Vec::new(),
            value_scale: config.value_scale,
            decimal_comma: config.decimal_comma,
            time_format: config.time_format,
        };
        for field in Field::ALL {
            let name = field.name();
            let source = match (config.columns.get(field), config.constants.get(field)) {
                (Some(_), Some(_)) => return Err(PlanError::Twice { at, field: name }),
                (Some(column), None) => {
                    let index = columns.iter().position(|known| known == column).unwrap_or_else(|| {
                        columns.push(column.to_owned());
                        columns.len() - 1
                    });
                    Some(Source::Column(index))
                }
                (None, Some(text)) => {
                    let text = mapping.checked(field, text, zone);
                    Some(Source::Constant(text.map_err(|reason| PlanError::Constant { at, field: name, reason })?))
                }
                (None, None) => None,
            };
            match (field.is_required(entity), source) {
                (Some(required), Some(source)) => mapping.fields.push((field, required, source)),
                (Some(true), None) => return Err(PlanError::Missing { at, entity: entity.name(), field: name }),
                (None, Some(_)) => return Err(PlanError::Foreign { at, entity: entity.name(), field: name }),
                (Some(false) | None, None) => {}
            }
        }
        Ok(mapping)
    }

    fn read(&self, row: &[Option<Cow<'_, str>>], columns: &[String], zone: &TimeZone) -> Result<Reading, Refusal> {
        let mut fields = Vec::with_capacity(self.fields.len());
        for (field, required, source) in &self.fields {
            let column = match source {
                Source::Constant(text) => {
                    fields.push((*field, text.clone()));
                    continue;
                }
                Source::Column(column) => *column,
            };
            let text = row.get(column).and_then(Option::as_deref).map(str::trim).unwrap_or_default();
            if text.is_empty() && !required {
                continue;
            }
            let refused = |reason| Refusal {
                field: field.name(),
                column: columns.get(column).cloned().unwrap_or_default(),
                reason,
            };
            fields.push((*field, self.checked(*field, text, zone).map_err(refused)?));
        }
        Ok(Reading { entity: self.entity, fields })
    }

    /// A field's text as readings carry it.
    fn checked(&self, field: Field, text: &str, zone: &TimeZone) -> Result<String, FieldError> {
        let limit = if field == Field::Value { VALUE_BYTES } else { FIELD_BYTES };
        if text.is_empty() {
            return Err(FieldError::Empty);
        }
        if text.len() > limit {
            return Err(FieldError::TooLong { limit });
        }
        if text.chars().any(char::is_control) {
            return Err(FieldError::Control);
        }
        match field {
            Field::Value if matches!(self.entity, Entity::Inventory | Entity::Price) => {
                return Ok(exact(text, self.decimal_comma, self.value_scale)?);
            }
            Field::ChangedAt => return Ok(moment(text, self.time_format, zone)?.to_string()),
            Field::Currency if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                return Err(FieldError::Currency);
            }
            Field::State if StockState::parse(text).is_none() => return Err(FieldError::State),
            Field::Order if !usable(text) => return Err(FieldError::Id),
            _ => {}
        }
        Ok(text.to_owned())
    }
}

impl Reading {
    /// The system within which an order's id is a key, when it is so plain that others have it.
    pub(super) fn key_scope<'s>(id: &str, system: &'s str) -> Option<&'s str> {
        usable_only_within_a_system(id).then_some(system)
    }
}

#[cfg(test)]
mod tests;
