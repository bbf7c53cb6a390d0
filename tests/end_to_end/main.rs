//! The programs as people run them: real processes, real ClickHouse, real OpenTelemetry SDKs.

mod bad_input;
mod huge;
mod real_order;
mod sdk;
