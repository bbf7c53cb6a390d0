use ordertrace_api::reading::Entity;

/// What is compared: as a collector's configuration has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Name in the configuration.
    pub sync: &'static str,
    /// Of what.
    pub entity: Entity,
    /// The system that is right.
    pub source: &'static str,
    /// Those that must show the same.
    pub targets: &'static [Target],
}

/// A system with copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The system.
    pub system: &'static str,
    /// It counts in so many units.
    pub units_each: i64,
    /// It may differ by so much, in hundredths of a unit or of the currency.
    pub tolerance_hundredths: i64,
    /// So long a change may take, in milliseconds.
    pub floor_ms: i64,
}

const fn exact(system: &'static str, floor_ms: i64) -> Target {
    Target { system, units_each: 1, tolerance_hundredths: 0, floor_ms }
}

/// What is compared in this shop.
pub const SYNCS: [Compared; 2] = [
    Compared {
        sync: "stock",
        entity: Entity::Inventory,
        source: "wms",
        targets: &[
            exact("storefront", 10_000),
            exact("marketplace", 33_000),
            // Whole cases: what is in an open one is not counted.
            Target { system: "erp", units_each: 12, tolerance_hundredths: 11_99, floor_ms: 305_000 },
        ],
    },
    Compared {
        sync: "prices",
        entity: Entity::Price,
        source: "erp",
        targets: &[exact("storefront", 20_000), exact("marketplace", 33_000), exact("price_feed", 900_000)],
    },
];
