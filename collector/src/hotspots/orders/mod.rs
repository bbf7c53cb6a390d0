//! What handoffs mean to the orders that have them.
//!
//! Waiting, critical paths and money are known of a journey as a whole. So journeys are put together
//! once more when they come to rest ([`Pass`]), what each [`spent`](cost) on its handoffs is kept in
//! `journey_handoffs`, a row for a journey, minute and handoff, and added up by the minute in
//! `order_costs_per_minute` ([`table`]). Whatever is written follows from what is stored: any number
//! of collectors may do it at once, each may end at any time.
//!
//! A range counts an order once, though it may have a handoff in several of its minutes: each row says
//! in which minute the journey had such a handoff before, so that [`read`] takes orders and amounts
//! where that lies before the range, and sums remain sums.
//! [Decision 3](../../../../docs/decisions/0003-what-handoffs-mean-to-orders.md) says why.

mod cost;
mod loss;
mod pass;
mod read;
mod table;

pub use loss::Loss;
pub use pass::{Pass, run};

pub(super) use read::{OrderCosts, read, touched};

/// Decimals of amounts in the tables.
const SCALE: u32 = 9;
