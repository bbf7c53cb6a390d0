//! Who does what, when: plans, the shopper who carries them out, and noise.

mod catalogue;
mod driver;
mod noise;
mod plan;
mod shopper;

pub(crate) use catalogue::{CATALOGUE, Product, Stock, by_sku};
pub(crate) use driver::Driver;
pub(crate) use plan::BLOCK;
