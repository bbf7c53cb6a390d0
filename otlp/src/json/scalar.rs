use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

const UNFOLDS: &str = "it holds more empty messages than any sender has use for";

thread_local! {
    /// Memory that the lists of the body being read may still take.
    static ROOM_BYTES: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Runs `read` with so much memory for the elements of lists. Serde hands no state through
/// derived code, and a body is read on one thread.
pub(super) fn within<R>(room_bytes: usize, read: impl FnOnce() -> R) -> R {
    ROOM_BYTES.set(room_bytes);
    let result = read();
    ROOM_BYTES.set(usize::MAX);
    result
}

/// Takes the memory of one `T` from what is left.
pub(super) fn spend<T, E: Error>() -> Result<(), E> {
    let room = ROOM_BYTES.get().checked_sub(size_of::<T>()).ok_or_else(|| E::custom(UNFOLDS))?;
    ROOM_BYTES.set(room);
    Ok(())
}

/// A list of messages; absent and null are empty.
pub(super) type List<T> = Option<Vec<Object<T>>>;

/// The messages of a list.
pub(super) fn each<T, M: From<T>>(list: List<T>) -> Vec<M> {
    list.unwrap_or_default().into_iter().map(|json| json.0.into()).collect()
}

/// A message, which is an object and nothing else; derived structs would take an array too.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                spend::<T, A::Error>()?;
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// Declares a number that may also be written as a string.
macro_rules! number {
    ($name:ident, $type:ty, $what:literal) => {
        #[doc = concat!("A number that may also be written as a string: ", $what, ".")]
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub(super) struct $name(pub(super) $type);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct NumberVisitor;
                impl Visitor<'_> for NumberVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!($what, " as a number or a string"))
                    }

                    fn visit_u64<E: Error>(self, value: u64) -> Result<$name, E> {
                        <$name>::from_u64(value).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
                    }

                    fn visit_i64<E: Error>(self, value: i64) -> Result<$name, E> {
                        <$name>::from_i64(value).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
                    }

                    fn visit_f64<E: Error>(self, value: f64) -> Result<$name, E> {
                        <$name>::from_f64(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
                    }

                    fn visit_str<E: Error>(self, value: &str) -> Result<$name, E> {
                        let shown = &value[..value.floor_char_boundary(40)];
                        value.parse().map($name).map_err(|_| E::invalid_value(Unexpected::Str(shown), &self))
                    }
                }
                deserializer.deserialize_any(NumberVisitor)
            }
        }
    };
}

/// Integers take no fraction and no value out of range.
macro_rules! integer {
    ($name:ident, $type:ty, $what:literal) => {
        number!($name, $type, $what);

        impl $name {
            fn from_u64(value: u64) -> Option<Self> {
                value.try_into().ok().map(Self)
            }

            fn from_i64(value: i64) -> Option<Self> {
                value.try_into().ok().map(Self)
            }

            fn from_f64(_: f64) -> Option<Self> {
                None
            }
        }
    };
}

integer!(Uint64, u64, "an unsigned 64-bit integer");
integer!(Int64, i64, "a signed 64-bit integer");
integer!(Uint32, u32, "an unsigned 32-bit integer");
integer!(Int32, i32, "a signed 32-bit integer");
number!(Double, f64, "a number, NaN, Infinity or -Infinity");

impl Double {
    fn from_u64(value: u64) -> Option<Self> {
        Some(Self(value as f64))
    }

    fn from_i64(value: i64) -> Option<Self> {
        Some(Self(value as f64))
    }

    fn from_f64(value: f64) -> Option<Self> {
        Some(Self(value))
    }
}

/// An id in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hex(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        hex::decode(text.as_bytes()).map(Self).map_err(|_| {
            let shown = &text[..text.floor_char_boundary(40)];
            D::Error::invalid_value(Unexpected::Str(shown), &"an id in hexadecimal digits")
        })
    }
}
