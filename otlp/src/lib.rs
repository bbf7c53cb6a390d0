//! What agents and collectors must do alike with OTLP, so that a request is known by its
//! content whichever way it went: in JSON or in Protobuf, alone or joined with others.

mod codec;
pub mod json;
pub mod seam;
mod signal;

pub use codec::Encoded;
pub use signal::Signal;
