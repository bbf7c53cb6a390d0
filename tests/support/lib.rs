//! Support of the workspace-wide tests: the real programs as processes.

mod alertmanager;
mod collector;
pub mod otlp;
mod port;
mod program;
pub mod recording;
mod tls;

pub use alertmanager::Alertmanager;
pub use collector::{CollectorProcess, run_ordertrace};
pub use port::free_ports;
pub use program::{Profile, binary, build, workspace};
pub use tls::TlsFront;

/// Content type of OTLP in Protobuf.
pub const PROTOBUF: &str = "application/x-protobuf";
