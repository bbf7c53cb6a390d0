//! What the shop sells.

/// A product.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) sku: &'static str,
    pub(crate) name: &'static str,
    pub(crate) stock: Stock,
}

/// How a product behaves after it was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stock {
    /// There is plenty.
    Plenty,
    /// The storefront offers it although the warehouse has none.
    Gone,
    /// Bought with stolen cards so often that its orders are reviewed before they are shipped.
    Reviewed,
}

const fn product(sku: &'static str, name: &'static str, stock: Stock) -> Product {
    Product { sku, name, stock }
}

pub(crate) const CATALOGUE: [Product; 14] = [
    product("MUG-BLUE", "mug-blue", Stock::Plenty),
    product("MUG-RED", "mug-red", Stock::Plenty),
    product("TEAPOT-CLAY", "teapot-clay", Stock::Plenty),
    product("TEA-SENCHA", "tea-sencha", Stock::Plenty),
    product("TEA-ASSAM", "tea-assam", Stock::Plenty),
    product("TEA-OOLONG", "tea-oolong", Stock::Plenty),
    product("KETTLE-STEEL", "kettle-steel", Stock::Plenty),
    product("TRAY-OAK", "tray-oak", Stock::Plenty),
    product("SPOON-BRASS", "spoon-brass", Stock::Plenty),
    product("LAMP-PAPER", "lamp-paper", Stock::Plenty),
    product("VASE-LAST", "vase-last", Stock::Gone),
    product("BOWL-LAST", "bowl-last", Stock::Gone),
    product("GIFTCARD-A", "giftcard-a", Stock::Reviewed),
    product("GIFTCARD-B", "giftcard-b", Stock::Reviewed),
];

/// The product of that SKU.
pub(crate) fn by_sku(sku: &str) -> Option<&'static Product> {
    CATALOGUE.iter().find(|product| product.sku == sku)
}

/// The products of one kind.
pub(crate) fn of_stock(stock: Stock) -> Vec<&'static Product> {
    CATALOGUE.iter().filter(|product| product.stock == stock).collect()
}
