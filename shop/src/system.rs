//! The systems of the shop and how each reports.

use std::fmt;

/// A system that hands work on or receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// Outside: the person who buys, simulated by the load generator.
    Shopper,
    /// GraphQL API for shoppers; owns sessions, carts, checkouts and order codes.
    Storefront,
    /// Payment gateway; owns payments, charges and refunds.
    Payments,
    /// Fraud screening; owns cases.
    Fraud,
    /// Tax calculation; owns tax documents.
    Tax,
    /// Order management; owns order numbers.
    Oms,
    /// Books; owns numeric documents and invoices.
    Erp,
    /// Warehouse; owns shipments.
    Wms,
    /// Carrier; owns tracking numbers.
    Shipping,
    /// Customer relations.
    Crm,
    /// Product information, GraphQL.
    Pim,
    /// Product search.
    Search,
    /// Prices.
    Pricing,
    /// A sales channel outside of the shop; owns marketplace order ids.
    Marketplace,
}

/// What a system's own telemetry looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporting {
    /// OpenTelemetry SDK; continues the caller's trace context.
    Sdk,
    /// OpenTelemetry SDK, but the incoming trace context is ignored: SERVER spans are roots.
    SdkDropsContext,
    /// No telemetry, and trace context is not passed on.
    Silent,
}

impl System {
    /// The thirteen services, in a fixed order; the shopper is none of them.
    pub const SERVICES: [Self; 13] = [
        Self::Storefront,
        Self::Payments,
        Self::Fraud,
        Self::Tax,
        Self::Oms,
        Self::Erp,
        Self::Wms,
        Self::Shipping,
        Self::Crm,
        Self::Pim,
        Self::Search,
        Self::Pricing,
        Self::Marketplace,
    ];

    /// The name in telemetry, routes and truth; also the service's `service.name`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::Storefront => "storefront",
            Self::Payments => "payments",
            Self::Fraud => "fraud",
            Self::Tax => "tax",
            Self::Oms => "oms",
            Self::Erp => "erp",
            Self::Wms => "wms",
            Self::Shipping => "shipping",
            Self::Crm => "crm",
            Self::Pim => "pim",
            Self::Search => "search",
            Self::Pricing => "pricing",
            Self::Marketplace => "marketplace",
        }
    }

    /// The system of that name.
    pub fn named(name: &str) -> Option<Self> {
        std::iter::once(Self::Shopper).chain(Self::SERVICES).find(|system| system.name() == name)
    }

    /// How it reports.
    pub const fn reporting(self) -> Reporting {
        match self {
            Self::Storefront | Self::Fraud | Self::Oms | Self::Pricing => Reporting::Sdk,
            Self::Search | Self::Erp | Self::Shipping => Reporting::SdkDropsContext,
            Self::Shopper | Self::Payments | Self::Tax | Self::Wms | Self::Crm | Self::Pim | Self::Marketplace => {
                Reporting::Silent
            }
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
