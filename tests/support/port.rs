use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below the range from which systems give out ports to outgoing connections (32768 and up on Linux), one of which
/// could otherwise take the port of a program while that is restarted.
const CHOICE: std::ops::Range<u16> = 20_000..32_000;

/// How many ports of that range are tried for each that is wanted.
const TRIES: usize = 200;

/// So many ports of loopback, all different, that were free a moment ago; for programs that are started again and
/// must listen where they did before.
///
/// # Errors
/// When hardly any is free.
pub fn free_ports<const N: usize>() -> io::Result<[SocketAddr; N]> {
    let mut held = Vec::new();
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for address in &mut addresses {
        let mut tries = (0..TRIES).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, rand::random_range(CHOICE))));
        let listener = tries.find_map(Result::ok).ok_or(io::ErrorKind::AddrInUse)?;
        *address = listener.local_addr()?;
        held.push(listener);
    }
    Ok(addresses)
}
