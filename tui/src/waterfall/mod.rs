//! A journey as rows over real time, for a screen or a report.

mod axis;
mod bar;
mod nesting;
mod outline;
mod row;
mod scale;

pub use axis::Axis;
pub use nesting::depth_first;
pub use outline::{Bar, HandoffRow, Outline, Row, RowKind};
pub use row::{Columns, Fold, heading_line, row_line};
pub use scale::{Phase, Scale};
