
pub mod api;
pub mod engine;
pub mod journey;
pub mod recognise;
pub mod orders;
pub mod record;
pub mod settings;
pub mod storage;
pub mod store;
