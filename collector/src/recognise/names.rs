use std::sync::Arc;

use ordertrace_api::keys::kind_of_name;

use super::fields::Role;
use super::keys::KeySource;
use crate::native::Numbering;

/// What an attribute's name says.
#[derive(Clone, Debug, Default)]
pub(super) struct Meaning {
    /// What the semantic conventions use it for.
    pub(super) role: Role,
    /// The keys that its values are.
    pub(super) key: Option<Arc<KeySource>>,
    /// The kind of key that the name announces by itself.
    pub(super) announced: Option<&'static str>,
}

/// Remembers what names mean: telemetry has many attributes and few names.
#[derive(Debug, Default)]
pub(super) struct NameMemory {
    numbering: Numbering,
    meanings: Vec<Meaning>,
    /// Of a name that is not remembered.
    passing: Meaning,
}

impl NameMemory {
    /// Whoever sends more names than this makes them up; they are looked at one by one.
    const LIMIT: usize = 4_096;

    /// The meaning of a name; `look` finds it out.
    pub(super) fn meaning(&mut self, name: &str, look: impl FnOnce(&str) -> Meaning) -> &Meaning {
        let number = match self.numbering.find(name) {
            Some(number) => number as usize,
            None if self.meanings.len() < Self::LIMIT => {
                self.numbering.number(name);
                self.meanings.push(look(name));
                self.meanings.len() - 1
            }
            None => {
                self.passing = look(name);
                return &self.passing;
            }
        };
        self.meanings.get(number).unwrap_or(&self.passing)
    }
}

/// The kind of key that the name of an attribute or parameter announces.
pub(super) fn announced(name: &str) -> Option<&'static str> {
    // A header's name is what its attribute is about.
    let header = ["http.request.header.", "http.response.header."].iter().find_map(|head| name.strip_prefix(head));
    kind_of_name(header.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_headers_announce_keys() {
        for (name, kind) in [
            ("app.order.id", Some("order")),
            ("demo.payment.transaction.id", Some("payment")),
            ("order_id", Some("order")),
            ("cart_id", Some("cart")),
            ("http.request.header.x-order-id", Some("order")),
            ("http.response.header.x-cart-id", Some("cart")),
            ("session.id", Some("session")),
        ] {
            assert_eq!(announced(name), kind, "{name}");
        }
    }

    #[test]
    fn what_the_conventions_use_for_other_things_announces_nothing() {
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
            assert_eq!(announced(name), None, "{name}");
        }
    }

    #[test]
    fn names_are_looked_at_once_and_made_up_ones_do_not_fill_the_memory() {
        let mut names = NameMemory::default();
        let look = |name: &str| Meaning { announced: announced(name), ..Meaning::default() };
        for n in 0..2 * NameMemory::LIMIT {
            assert_eq!(names.meaning(&format!("name{n}"), look).announced, None);
        }
        assert_eq!(names.meanings.len(), NameMemory::LIMIT);
        assert_eq!(names.meaning("order_id", look).announced, Some("order"));
        let known = names.meaning("name7", |_| panic!("it was looked at before"));
        assert_eq!(known.announced, None);
    }
}
