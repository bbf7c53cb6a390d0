use std::collections::HashMap;

/// Remembers which systems hosts and services stand for: a shop has few of them.
#[derive(Debug, Default)]
pub(super) struct PeerMemory {
    hosts: HashMap<Box<str>, Ports>,
    services: HashMap<Box<str>, Box<str>>,
}

/// The systems behind the ports of a host.
type Ports = Vec<(Option<u16>, Box<str>)>;

impl PeerMemory {
    /// Hosts, ports of a host, or services beyond this are made up; they are looked at one by one.
    const LIMIT: usize = 1_024;

    /// Calls `with` with the system of a host; `look` finds it out.
    pub(super) fn host<T>(
        &mut self,
        host: &str,
        port: Option<u16>,
        look: impl FnOnce() -> String,
        with: impl FnOnce(&str) -> T,
    ) -> T {
        let known = self.hosts.get(host).and_then(|ports| ports.iter().find(|(known, _)| *known == port));
        if let Some((_, system)) = known {
            return with(system);
        }
        let system = look();
        let taken = with(&system);
        if self.hosts.len() < Self::LIMIT || self.hosts.contains_key(host) {
            let ports = self.hosts.entry(host.into()).or_default();
            if ports.len() < Self::LIMIT {
                ports.push((port, system.into()));
            }
        }
        taken
    }

    /// Calls `with` with the system of a service; `look` finds it out.
    pub(super) fn service<T>(
        &mut self,
        service: &str,
        look: impl FnOnce() -> String,
        with: impl FnOnce(&str) -> T,
    ) -> T {
        if let Some(system) = self.services.get(service) {
            return with(system);
        }
        let system = look();
        let taken = with(&system);
        if self.services.len() < Self::LIMIT {
            self.services.insert(service.into(), system.into());
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_and_port_is_looked_at_once() {
        let mut peers = PeerMemory::default();
        for port in [None, Some(1), Some(2)] {
            let system = format!("{port:?}");
            assert_eq!(peers.host("h", port, || system.clone(), str::to_owned), system);
            assert_eq!(peers.host("h", port, || panic!("known"), str::to_owned), system);
        }
        assert_eq!(peers.service("s", || "one".to_owned(), str::to_owned), "one");
        assert_eq!(peers.service("s", || panic!("known"), str::to_owned), "one");
        for n in 0..2 * PeerMemory::LIMIT {
            assert_eq!(peers.host(&n.to_string(), None, || "x".to_owned(), str::to_owned), "x");
        }
        assert_eq!(peers.hosts.len(), PeerMemory::LIMIT);
    }
}
