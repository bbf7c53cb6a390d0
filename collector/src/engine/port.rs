//! The engine's two ports on 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};

use super::EngineError;

/// The ports an engine listens on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) http: u16,
    pub(super) tcp: u16,
}

impl Ports {
    /// Free ports: those asked for, any where 0 was asked. Both are held while choosing, so they differ.
    pub(super) fn choose(http: u16, tcp: u16) -> Result<Self, EngineError> {
        let http = listen(http, "HTTP")?;
        let tcp = listen(tcp, "native protocol")?;
        Ok(Self { http: port_of(&http, "HTTP")?, tcp: port_of(&tcp, "native protocol")? })
    }
}

fn listen(port: u16, protocol: &'static str) -> Result<TcpListener, EngineError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| EngineError::PortBusy { port, protocol, source })
}

fn port_of(listener: &TcpListener, protocol: &'static str) -> Result<u16, EngineError> {
    let address = listener.local_addr().map_err(|source| EngineError::PortBusy { port: 0, protocol, source })?;
    Ok(address.port())
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
    fn zero_gives_two_different_ports() {
        let ports = Ports::choose(0, 0).unwrap();
        assert!(ports.http != 0 && ports.tcp != 0 && ports.http != ports.tcp, "{ports:?}");
    }
}
