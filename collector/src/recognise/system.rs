use crate::settings::RecogniseSettings;

use super::RecogniseError;
use super::pattern::PatternMap;

/// Which system a service name, a host or a destination stands for.
#[derive(Debug)]
pub(super) struct Systems {
    services: PatternMap<String>,
    hosts: PatternMap<String>,
}

impl Systems {
    pub(super) fn new(settings: &RecogniseSettings) -> Result<Self, RecogniseError> {
        for (name, map) in [("systems", &settings.systems), ("hosts", &settings.hosts)] {
            if map.iter().any(|(pattern, system)| pattern.is_empty() || system.is_empty()) {
                return Err(RecogniseError::Empty { setting: format!("an entry of recognise.{name}") });
            }
        }
        let entries = |map: &std::collections::BTreeMap<String, String>| {
            PatternMap::new(map.iter().map(|(pattern, system)| (pattern.as_str(), system.clone())))
        };
        Ok(Self { services: entries(&settings.systems), hosts: entries(&settings.hosts) })
    }

    /// As configured, else the name itself in lower case without what only says "service".
    pub(super) fn of_service(&self, service: &str) -> String {
        if let Some(system) = self.services.get(service) {
            return system.clone();
        }
        let lower = service.trim().to_lowercase();
        let stem = ["-service", "_service", ".service"].iter().find_map(|suffix| lower.strip_suffix(suffix));
        let stem = stem.or_else(|| lower.strip_prefix("service."));
        match stem.filter(|stem| !stem.is_empty() && *stem != "unknown") {
            Some(stem) => stem.to_owned(),
            None => lower,
        }
    }

    /// As configured for `host:port` or for the host, else `host:port` literally.
    pub(super) fn of_host(&self, host: &str, port: Option<u16>) -> String {
        let host = host.to_ascii_lowercase();
        let Some(port) = port else {
            return self.hosts.get(&host).cloned().unwrap_or(host);
        };
        let address = format!("{host}:{port}");
        self.hosts.get(&address).or_else(|| self.hosts.get(&host)).cloned().unwrap_or(address)
    }

    /// As configured for the destination of a message, else its name.
    pub(super) fn of_destination(&self, name: &str) -> String {
        self.hosts.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn systems() -> Systems {
        let mut settings = RecogniseSettings::default();
        settings.systems.insert("Vendure".to_owned(), "storefront".to_owned());
        settings.systems.insert("erp-*".to_owned(), "erp".to_owned());
        settings.hosts.insert("127.0.0.1:21440".to_owned(), "payments".to_owned());
        settings.hosts.insert("*.stripe.com".to_owned(), "stripe".to_owned());
        settings.hosts.insert("orders-topic".to_owned(), "oms".to_owned());
        Systems::new(&settings).unwrap()
    }

    #[test]
    fn services_are_systems() {
        for (service, system) in [
            ("Vendure", "storefront"),
            ("erp-eu", "erp"),
            ("Payment-Service", "payment"),
            ("shipping_service", "shipping"),
            ("service.oms", "oms"),
            ("checkout", "checkout"),
            ("-service", "-service"),
            ("unknown_service", "unknown_service"),
        ] {
            assert_eq!(systems().of_service(service), system, "{service}");
        }
    }

    #[test]
    fn hosts_are_systems_by_port_then_by_name_then_literally() {
        for (host, port, system) in [
            ("127.0.0.1", Some(21440), "payments"),
            ("127.0.0.1", Some(21441), "127.0.0.1:21441"),
            ("API.stripe.com", Some(443), "stripe"),
            ("api.stripe.com", None, "stripe"),
            ("wms", None, "wms"),
        ] {
            assert_eq!(systems().of_host(host, port), system, "{host} {port:?}");
        }
        assert_eq!(systems().of_destination("orders-topic"), "oms");
        assert_eq!(systems().of_destination("Other"), "Other");
    }

    #[test]
    fn empty_entries_are_refused() {
        let mut settings = RecogniseSettings::default();
        settings.hosts.insert("a".to_owned(), String::new());
        let error = Systems::new(&settings).unwrap_err().to_string();
        assert!(error.contains("recognise.hosts"), "{error}");
    }
}
