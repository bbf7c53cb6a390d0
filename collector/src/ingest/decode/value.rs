use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bumpalo::Bump;

use super::refusal::{Adjustment, Adjustments};
use super::repeated::Repeated;
use super::wire::{Field, Message, Problem, WireError};
use crate::record::Attribute;
use crate::settings::LimitSettings;

/// How many attributes are missing; the name that the OpenTelemetry specification gives it
/// for formats other than OTLP (Common/mapping-to-non-otlp, "Dropped Attributes Count").
const DROPPED_COUNT: &str = "otel.dropped_attributes_count";

/// Lists and maps may nest so deep.
const DEPTH: usize = 64;

/// Values that one value may hold: each takes much more memory than its two bytes.
const VALUES: usize = 1_000_000;

/// What may still lie within a value.
struct Room {
    depth: usize,
    values: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { depth: DEPTH, values: VALUES }
    }
}

/// Turns what is sent into texts: parts of the body where they can be, else in the arena.
#[derive(Debug)]
pub(super) struct Texts<'a> {
    pub(super) arena: &'a Bump,
    pub(super) limits: &'a LimitSettings,
    pub(super) adjustments: Adjustments,
    attributes: Vec<Attribute<'a>>,
}

/// common.proto `AnyValue`.
enum AnyValue<'a> {
    Nothing,
    Text(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(&'a [u8]),
    Json(serde_json::Value),
}

impl<'a> Texts<'a> {
    pub(super) fn new(arena: &'a Bump, limits: &'a LimitSettings) -> Self {
        Self { arena, limits, adjustments: Adjustments::default(), attributes: Vec::new() }
    }

    /// Attributes in text form: the first ones up to the limit, and how many are missing; behind them `more`.
    pub(super) fn attributes(
        &mut self,
        sent: &Repeated<'a>,
        dropped_before: u32,
        more: &[Attribute<'a>],
    ) -> Result<&'a [Attribute<'a>], WireError> {
        if sent.beyond() > 0 {
            self.adjustments.add(Adjustment::AttributesDropped, 1);
        }
        self.attributes.clear();
        for pair in sent.first() {
            let (name, value) = key_value(*pair, &mut Room::default())?;
            let attribute = (self.cut(name), self.text(value));
            self.attributes.push(attribute);
        }
        let missing = sent.beyond() as u64 + u64::from(dropped_before);
        if missing > 0 {
            self.attributes.push((DROPPED_COUNT, self.number(missing)));
        }
        self.attributes.extend_from_slice(more);
        Ok(self.arena.alloc_slice_copy(&self.attributes))
    }

    /// The text, cut at a character when it is longer than the limit; it says so itself.
    pub(super) fn cut(&mut self, text: &'a str) -> &'a str {
        let limit = self.limits.attribute_value_bytes;
        if text.len() <= limit {
            return text;
        }
        let mark = format!("… (cut, {} bytes)", text.len());
        let kept = &text[..text.floor_char_boundary(limit.saturating_sub(mark.len()))];
        self.adjustments.add(Adjustment::ValueCut, 1);
        self.arena.alloc_str(&[kept, &mark].concat())
    }

    /// A number in text form.
    pub(super) fn number(&self, number: impl itoa::Integer) -> &'a str {
        self.arena.alloc_str(itoa::Buffer::new().format(number))
    }

    /// An empty list of attributes to be filled.
    pub(super) fn no_attributes(&self) -> Repeated<'a> {
        Repeated::new(self.limits.attributes)
    }

    /// An `AnyValue` in text form: scalars as they are, bytes in Base64, arrays and maps in
    /// JSON (Common/mapping-to-non-otlp, "Attributes").
    pub(super) fn any_value(&mut self, value: Message<'a>) -> Result<&'a str, WireError> {
        let value = any_value(value, &mut Room::default())?;
        Ok(self.text(value))
    }

    fn text(&mut self, value: AnyValue<'a>) -> &'a str {
        match value {
            AnyValue::Nothing => "",
            AnyValue::Text(text) => self.cut(text),
            AnyValue::Bool(true) => "true",
            AnyValue::Bool(false) => "false",
            AnyValue::Int(value) => self.number(value),
            AnyValue::Double(value) => self.arena.alloc_str(&decimal(value)),
            AnyValue::Bytes(bytes) => self.kept(&STANDARD.encode(bytes)),
            AnyValue::Json(value) => self.kept(&value.to_string()),
        }
    }

    fn kept(&mut self, text: &str) -> &'a str {
        let limit = self.limits.attribute_value_bytes;
        if text.len() > limit {
            // Rare: what is cut off stays in the arena until the request is done.
            let whole = self.arena.alloc_str(text);
            return self.cut(whole);
        }
        self.arena.alloc_str(text)
    }
}

/// common.proto `KeyValue`.
fn key_value<'a>(mut pair: Message<'a>, room: &mut Room) -> Result<(&'a str, AnyValue<'a>), WireError> {
    if let Some((key, text)) = pair.two_texts() {
        return Ok((key, AnyValue::Text(text)));
    }
    let (mut key, mut value) = ("", AnyValue::Nothing);
    while let Some(field) = pair.next()? {
        match field.number {
            1 => key = field.text()?,
            2 => value = any_value(field.message("value")?, room)?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn any_value<'a>(mut message: Message<'a>, room: &mut Room) -> Result<AnyValue<'a>, WireError> {
    room.values = room.values.checked_sub(1).ok_or_else(|| message.wrong(Problem::Unfolds))?;
    let mut value = AnyValue::Nothing;
    while let Some(field) = message.next()? {
        value = match field.number {
            1 => AnyValue::Text(field.text()?),
            2 => AnyValue::Bool(field.varint()? != 0),
            3 => AnyValue::Int(field.varint()? as i64),
            4 => AnyValue::Double(f64::from_bits(field.fixed64()?)),
            5 => AnyValue::Json(within(&message, room, |room| array(&field, room))?),
            6 => AnyValue::Json(within(&message, room, |room| map(&field, room))?),
            7 => AnyValue::Bytes(field.bytes()?),
            // A reference into a table that only profiles have.
            8 => AnyValue::Nothing,
            _ => value,
        }
    }
    Ok(value)
}

fn within<T>(
    message: &Message<'_>,
    room: &mut Room,
    read: impl FnOnce(&mut Room) -> Result<T, WireError>,
) -> Result<T, WireError> {
    room.depth = room.depth.checked_sub(1).ok_or_else(|| message.wrong(Problem::Depth))?;
    let read = read(room);
    room.depth += 1;
    read
}

/// common.proto `ArrayValue`.
fn array(field: &Field<'_>, room: &mut Room) -> Result<serde_json::Value, WireError> {
    let mut message = field.message("array")?;
    let mut values = Vec::new();
    while let Some(field) = message.next()? {
        if field.number == 1 {
            values.push(json(any_value(field.message("value")?, room)?));
        }
    }
    Ok(values.into())
}

/// common.proto `KeyValueList`.
fn map(field: &Field<'_>, room: &mut Room) -> Result<serde_json::Value, WireError> {
    let mut message = field.message("map")?;
    let mut pairs = serde_json::Map::new();
    while let Some(field) = message.next()? {
        if field.number == 1 {
            let (key, value) = key_value(field.message("pair")?, room)?;
            pairs.insert(key.to_owned(), json(value));
        }
    }
    Ok(pairs.into())
}

fn json(value: AnyValue<'_>) -> serde_json::Value {
    match value {
        AnyValue::Nothing => serde_json::Value::Null,
        AnyValue::Text(text) => text.into(),
        AnyValue::Bool(value) => value.into(),
        AnyValue::Int(value) => value.into(),
        AnyValue::Double(value) if value.is_finite() => value.into(),
        AnyValue::Double(value) => value.to_string().into(),
        AnyValue::Bytes(bytes) => STANDARD.encode(bytes).into(),
        AnyValue::Json(value) => value,
    }
}

/// As short as reads back the same, and never hundreds of digits long.
pub(super) fn decimal(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() || (1e-7..1e21).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}
