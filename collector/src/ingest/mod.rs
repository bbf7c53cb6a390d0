//! OTLP in, recognised records out: over gRPC and HTTP, answered only when the rows are
//! stored, with memory bounded under any number of senders.

mod budget;
pub mod decode;
mod error;
mod examine;
mod export;
mod grpc;
mod http;
mod metrics;
mod pipeline;

pub use budget::{Budget, Overloaded, Reservation};
pub use examine::{Encoding, Examined, examine};
pub use grpc::{GrpcError, serve_grpc};
pub use http::{router, serve_http};
pub use metrics::IngestMetrics;
pub use pipeline::{Clock, Ingest, system_clock};
