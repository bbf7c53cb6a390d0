//! Polls of real files, a real HTTP server and real databases, through a whole agent to a
//! collector that remembers.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod files;
mod http;
mod mariadb;
mod polling;
mod postgres;
mod server;
mod sqlite;
#[path = "../support/mod.rs"]
mod support;
