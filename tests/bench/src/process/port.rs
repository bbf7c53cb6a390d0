use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// A port of loopback that was free a moment ago; for programs that cannot say which port they were given.
pub(crate) fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
