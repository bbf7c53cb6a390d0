use super::wire::{Message, WireError};
use super::{UNKNOWN_SERVICE, Walk};
use crate::record::{Attribute, Origin, Scope};

/// A resource or scope with what it holds.
pub(super) struct Group<'a> {
    message: Message<'a>,
    /// As far as what it holds has not been read.
    rest: Message<'a>,
}

/// The number of the field that holds a group's head, and of the one that holds its items
/// (trace.proto, logs.proto, metrics.proto).
const HEAD: u32 = 1;
const ITEMS: u32 = 2;

/// Before the name of a scope's attribute where it stands on a record. The OpenTelemetry specification has it for name
/// and version (Common/mapping-to-non-otlp) and, in Prometheus' spelling, for attributes (Compatibility/prometheus).
const SCOPE: &str = "otel.scope.";

impl<'a> Group<'a> {
    pub(super) fn new(message: Message<'a>) -> Self {
        Self { message, rest: message }
    }

    /// The next message that it holds.
    pub(super) fn next(&mut self, name: &'static str) -> Result<Option<Message<'a>>, WireError> {
        while let Some(field) = self.rest.next()? {
            if field.number == ITEMS {
                return field.message(name).map(Some);
            }
        }
        Ok(None)
    }
}

impl<'a> Walk<'a> {
    /// resource.proto `Resource`. It may stand behind what it is the head of.
    pub(super) fn origin(&mut self, group: &Group<'a>) -> Result<Origin<'a>, WireError> {
        let (mut pairs, mut dropped) = (self.texts.no_attributes(), 0);
        let mut rest = group.message;
        while let Some(field) = rest.next()? {
            if field.number != HEAD {
                continue;
            }
            let mut resource = field.message("resource")?;
            while let Some(field) = resource.next()? {
                match field.number {
                    1 => pairs.push(field.message("attribute")?),
                    2 => dropped = field.uint32()?,
                    _ => {}
                }
            }
        }
        let attributes = self.texts.attributes(&pairs, dropped, &[])?;
        let service = attributes.iter().find(|(name, value)| *name == "service.name" && !value.is_empty());
        let service = service.map_or(UNKNOWN_SERVICE, |(_, service)| *service);
        self.service.get_or_insert(service);
        let system = self.texts.arena.alloc_str(&self.recogniser.system(service));
        Ok(Origin { service, system, attributes })
    }

    /// The scope as attributes, for records that have no place of their own for it.
    pub(super) fn scope_attributes(&mut self, group: &Group<'a>) -> Result<&'a [Attribute<'a>], WireError> {
        let scope = self.scope(group)?;
        let named = [("otel.scope.name", scope.name), ("otel.scope.version", scope.version)];
        let named = named.into_iter().filter(|(_, value)| !value.is_empty());
        let all: Vec<Attribute<'a>> = named.chain(scope.attributes.iter().copied()).collect();
        Ok(self.texts.arena.alloc_slice_copy(&all))
    }

    /// common.proto `InstrumentationScope`.
    pub(super) fn scope(&mut self, group: &Group<'a>) -> Result<Scope<'a>, WireError> {
        let (mut scope, mut pairs, mut dropped) = (Scope::default(), self.texts.no_attributes(), 0);
        let mut rest = group.message;
        while let Some(field) = rest.next()? {
            if field.number != HEAD {
                continue;
            }
            let mut sent = field.message("scope")?;
            while let Some(field) = sent.next()? {
                match field.number {
                    1 => scope.name = self.texts.cut(field.text()?),
                    2 => scope.version = self.texts.cut(field.text()?),
                    3 => pairs.push(field.message("attribute")?),
                    4 => dropped = field.uint32()?,
                    _ => {}
                }
            }
        }
        let arena = self.texts.arena;
        let attributes = self.texts.attributes(&pairs, dropped, &[])?;
        let named = attributes.iter().map(|(name, value)| (&*arena.alloc_str(&format!("{SCOPE}{name}")), *value));
        scope.attributes = arena.alloc_slice_fill_iter(named.collect::<Vec<_>>());
        Ok(scope)
    }
}
