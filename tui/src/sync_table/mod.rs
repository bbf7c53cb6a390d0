//! Sync lag, drift and one SKU's history as tables, for a screen or a report.

mod cells;
mod detail;
mod drifts;
mod heat;
mod history;
mod matrix;
mod orders;
mod sku_orders;
mod steps;

pub use detail::{copy_detail, doubt_text, drift_detail, lag_detail, state_text};
pub use drifts::{DriftColumn, DriftColumns, age_text, item_text, past_text, values_text};
pub use heat::Heat;
pub use history::{HistoryColumns, copy_text};
pub use matrix::{Matrix, MatrixLayout};
pub use orders::orders_texts;
pub use sku_orders::{SkuOrderColumns, is_sku, open_mark, order_detail, reached_last};
