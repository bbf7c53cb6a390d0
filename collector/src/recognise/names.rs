use std::collections::HashMap;

use ordertrace_api::keys::kind_of_name;

/// Remembers what attribute names announce while one request is looked at: a request has
/// many spans and few names.
#[derive(Debug, Default)]
pub(super) struct NameMemory(HashMap<String, Option<&'static str>>);

impl NameMemory {
    /// A request with more names than this makes them up; they are looked at one by one.
    const LIMIT: usize = 4_096;

    pub(super) fn kind_of(&mut self, name: &str) -> Option<&'static str> {
        if let Some(kind) = self.0.get(name) {
            return *kind;
        }
        // A header's name is what its attribute is about.
        let header = ["http.request.header.", "http.response.header."].iter().find_map(|head| name.strip_prefix(head));
        let kind = kind_of_name(header.unwrap_or(name));
        if self.0.len() < Self::LIMIT {
            self.0.insert(name.to_owned(), kind);
        }
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_headers_announce_keys() {
        let mut names = NameMemory::default();
        for _ in 0..2 {
            for (name, kind) in [
                ("app.order.id", Some("order")),
                ("demo.payment.transaction.id", Some("payment")),
                ("order_id", Some("order")),
                ("cart_id", Some("cart")),
                ("http.request.header.x-order-id", Some("order")),
                ("http.response.header.x-cart-id", Some("cart")),
                ("session.id", Some("session")),
            ] {
                assert_eq!(names.kind_of(name), kind, "{name}");
            }
        }
    }

    #[test]
    fn what_the_conventions_use_for_other_things_announces_nothing() {
        let mut names = NameMemory::default();
        for name in [
            "thread.id",
            "service.instance.id",
            "host.id",
            "container.id",
            "process.pid",
            "db.order.id",
            "db.query.parameter.order_id",
            "exception.message",
            "messaging.message.id",
            "messaging.message.conversation_id",
            "enduser.id",
            "http.request.header.authorization",
            "http.request.header.idempotency-key",
            "k8s.pod.uid",
            "return_code",
        ] {
            assert_eq!(names.kind_of(name), None, "{name}");
        }
    }

    #[test]
    fn made_up_names_do_not_fill_the_memory() {
        let mut names = NameMemory::default();
        for n in 0..2 * NameMemory::LIMIT {
            names.kind_of(&format!("name{n}"));
        }
        assert_eq!(names.0.len(), NameMemory::LIMIT);
    }
}
