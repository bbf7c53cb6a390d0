//! Which columns a poll needs, and what readings a row of them gives.

use std::borrow::Cow;

use iso_currency::Currency;
use jiff::tz::TimeZone;
use ordertrace_api::keys::{SKU_IDS, usable, usable_only_within_a_system};
use ordertrace_api::reading::{Entity, StockState};

use crate::decimal::{DecimalError, exact};
use crate::minor::MinorUnits;
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
    /// Ids of no kind, or a kind of no ids.
    #[error("readings[{at}]: `id` and `id_kind` stand together; the kind is one of {}", SKU_IDS.join(", "))]
    IdKind {
        /// Which reading.
        at: usize,
    },
    /// Minor units that cannot be.
    #[error("readings[{at}]: {reason}")]
    MinorUnits {
        /// Which reading.
        at: usize,
        /// What is wrong and what to write instead.
        reason: &'static str,
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
    /// An amount in a unit that there is not.
    #[error("is in minor units, which its currency has not")]
    NoMinorUnit,
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
    /// Of what kind its [`Field::Id`] is.
    pub id_kind: Option<&'static str>,
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
    id_kind: Option<&'static str>,
    value_scale: i8,
    minor_units: Option<MinorUnits>,
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

/// The kind of other ids of a SKU; `None` where there are none.
fn id_kind(at: usize, config: &ReadingConfig) -> Result<Option<&'static str>, PlanError> {
    let has_id = config.columns.id.is_some() || config.constants.id.is_some();
    match &config.id_kind {
        None if !has_id => Ok(None),
        Some(kind) if has_id => {
            let known = SKU_IDS.into_iter().find(|known| known == kind);
            known.map(Some).ok_or(PlanError::IdKind { at })
        }
        _ => Err(PlanError::IdKind { at }),
    }
}

fn minor_units(at: usize, config: &ReadingConfig) -> Result<Option<MinorUnits>, PlanError> {
    let wrong = |reason| Err(PlanError::MinorUnits { at, reason });
    match config.minor_units {
        false if config.minor_digits.is_empty() => Ok(None),
        false => wrong("minor_digits needs minor_units: true"),
        true if config.entity != Entity::Price => wrong("minor_units is of prices"),
        true if config.value_scale != 0 => wrong("minor_units and value_scale both move the point; leave one away"),
        true if config.constants.value.is_some() => wrong("minor_units is of values in columns"),
        true => MinorUnits::new(&config.minor_digits).map(Some).map_err(|reason| PlanError::MinorUnits { at, reason }),
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
            id_kind: id_kind(at, config)?,
            value_scale: config.value_scale,
            minor_units: minor_units(at, config)?,
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
                    let text = mapping.checked(field, text, mapping.value_scale, zone);
                    Some(Source::Constant(text.map_err(|reason| PlanError::Constant { at, field: name, reason })?))
                }
                (None, None) => None,
            };
            // Of the two ids of a SKU either will do.
            let is_required = match field {
                Field::Sku if mapping.id_kind.is_some() => Some(false),
                _ => field.is_required(entity),
            };
            match (is_required, source) {
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
            let shift = if *field == Field::Value { self.shift(&fields).map_err(refused)? } else { 0 };
            fields.push((*field, self.checked(*field, text, shift, zone).map_err(refused)?));
        }
        if self.id_kind.is_some() && !fields.iter().any(|(field, _)| matches!(field, Field::Sku | Field::Id)) {
            let column = columns.first().cloned().unwrap_or_default();
            return Err(Refusal { field: Field::Id.name(), column, reason: FieldError::Empty });
        }
        Ok(Reading { entity: self.entity, id_kind: self.id_kind, fields })
    }

    /// By which power of ten the value is multiplied, where these are the fields before it.
    fn shift(&self, fields: &[(Field, String)]) -> Result<i8, FieldError> {
        let Some(units) = &self.minor_units else { return Ok(self.value_scale) };
        let code = fields.iter().find(|(field, _)| *field == Field::Currency).map(|(_, code)| code.as_str());
        let currency = code.and_then(Currency::from_code).ok_or(FieldError::NoMinorUnit)?;
        units.shift(currency).ok_or(FieldError::NoMinorUnit)
    }

    /// A field's text as readings carry it, a number times ten to the power of `shift`.
    fn checked(&self, field: Field, text: &str, shift: i8, zone: &TimeZone) -> Result<String, FieldError> {
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
                return Ok(exact(text, self.decimal_comma, shift)?);
            }
            Field::ChangedAt => return Ok(moment(text, self.time_format, zone)?.to_string()),
            Field::Currency if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                return Err(FieldError::Currency);
            }
            Field::State if StockState::parse(text).is_none() => return Err(FieldError::State),
            Field::Order | Field::Id if !usable(text) => return Err(FieldError::Id),
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
