use super::wire::Message;

/// The messages of a repeated field: as many as are wanted, and how many there are. Kept for
/// many spans, for the sake of its memory.
#[derive(Debug)]
pub(super) struct Repeated<'a> {
    first: Vec<Message<'a>>,
    limit: usize,
    beyond: usize,
}

impl<'a> Repeated<'a> {
    pub(super) fn new(limit: usize) -> Self {
        Self { first: Vec::new(), limit, beyond: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.first.clear();
        self.beyond = 0;
    }

    pub(super) fn push(&mut self, message: Message<'a>) {
        if self.first.len() < self.limit {
            self.first.push(message);
        } else {
            self.beyond += 1;
        }
    }

    /// Those within the limit.
    pub(super) fn first(&self) -> &[Message<'a>] {
        &self.first
    }

    /// How many there are beyond the limit.
    pub(super) fn beyond(&self) -> usize {
        self.beyond
    }
}
