//! Orders by the goods on them: which hold a SKU, how many units, what they reached and what they are worth.
//!
//! Storing notes what spans and events say of orders' goods, in `order_lines`. [`Lines`] takes that together by order
//! and adds what each reached; a [`Holder`] answers of one order, [`endangered`] of all of them.

mod hit;
mod holder;
mod read;
mod view;

pub(crate) use hit::endangered;
pub(crate) use holder::Holder;
#[cfg(test)]
pub(crate) use holder::tests::holder;
pub(crate) use read::{Held, Lines, Most};
pub use view::LinesView;
pub(crate) use view::open_since;
