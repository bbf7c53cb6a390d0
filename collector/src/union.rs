//! Disjoint sets.

/// Disjoint sets over 0..n that only ever grow together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Union {
    parent: Vec<usize>,
}

impl Union {
    /// A new element, a set of its own.
    pub(crate) fn add(&mut self) -> usize {
        self.parent.push(self.parent.len());
        self.parent.len() - 1
    }

    /// The representative of the element's set.
    pub(crate) fn find(&self, mut at: usize) -> usize {
        while self.parent[at] != at {
            at = self.parent[at];
        }
        at
    }

    /// Makes one set of two; whether they were two.
    pub(crate) fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.compress(a), self.compress(b));
        if a == b {
            return false;
        }
        // The lower number wins, so that the representative does not depend on the order of joins.
        let (root, child) = if a < b { (a, b) } else { (b, a) };
        self.parent[child] = root;
        true
    }

    fn compress(&mut self, at: usize) -> usize {
        let root = self.find(at);
        let mut at = at;
        while self.parent[at] != root {
            at = std::mem::replace(&mut self.parent[at], root);
        }
        root
    }
}
