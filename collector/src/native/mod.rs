//! ClickHouse's Native format, as far as ordertrace writes it: columns are filled row by row
//! and become the bytes of one block for `INSERT INTO … FORMAT Native`.
//!
//! Sources: ClickHouse documentation, "Native" format and "Native protocol: columns"; ClickHouse,
//! src/Formats/NativeReader.cpp and src/DataTypes/Serializations (SerializationArray,
//! SerializationMap, SerializationLowCardinality). Over HTTP a block has neither block info nor
//! the byte that announces custom serialization, which only newer revisions of the TCP protocol have.

mod blobs;
mod block;
mod column;
mod dictionary;
mod fixed;
mod list;
mod map;
mod numbering;
mod parts;
mod states;
mod text;

pub use blobs::Blobs;
pub use block::{Block, BlockBuilder};
pub use column::Column;
pub use dictionary::Dictionary;
pub use fixed::Fixed;
pub use list::{List, Offsets};
pub use map::Map;
pub(crate) use numbering::{Numbering, same};
pub use parts::{Parts, put_length};
pub use states::States;
pub use text::Text;
