//! The engine's two ports on 127.0.0.1.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use super::EngineError;

/// Where free ports are chosen: below the range from which systems give out ports to outgoing connections (32768 and up
/// on Linux, 49152 on macOS), one of which could otherwise sit on the engine's port while its child is restarted.
const CHOICE: std::ops::Range<u16> = 20_000..32_000;

/// How many ports of that range are tried.
const TRIES: usize = 200;

/// The ports an engine listens on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) http: u16,
    pub(super) tcp: u16,
}

impl Ports {
    /// Free ports: those asked for, any where 0 was asked. The first is held while the second is chosen, so they differ.
    pub(super) fn choose(http: u16, tcp: u16) -> Result<Self, EngineError> {
        let (http, _held) = free(http, "HTTP")?;
        let (tcp, _) = free(tcp, "native protocol")?;
        Ok(Self { http, tcp })
    }
}

fn free(asked: u16, protocol: &'static str) -> Result<(u16, TcpListener), EngineError> {
    let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(|listener| (port, listener));
    let busy = |source| EngineError::PortBusy { port: asked, protocol, source };
    if asked != 0 {
        return listen(asked).map_err(busy);
    }
    let mut outcome = Err(io::Error::from(io::ErrorKind::AddrInUse));
    for _ in 0..TRIES {
        outcome = listen(rand::random_range(CHOICE));
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_by_number() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        for (http, tcp, protocol) in [(port, 0, "HTTP"), (0, port, "native protocol")] {
            let message = Ports::choose(http, tcp).unwrap_err().to_string();
            assert!(message.contains(&port.to_string()) && message.contains(protocol), "{message}");
        }
    }

    #[test]
    fn zero_gives_two_different_ports_of_the_range() {
        let ports = Ports::choose(0, 0).unwrap();
        assert!(CHOICE.contains(&ports.http) && CHOICE.contains(&ports.tcp) && ports.http != ports.tcp, "{ports:?}");
    }
}
