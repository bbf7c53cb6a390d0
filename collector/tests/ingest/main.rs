//! OTLP over real sockets, into a store that only remembers.
#![allow(clippy::unwrap_used)] // clippy.toml's exception does not reach the helpers of a test crate

mod bad_input;
mod grpc;
mod http;
mod messages;
mod overload;
mod recorder;
mod server;
