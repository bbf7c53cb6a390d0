/// The chosen row of a list, and the first one on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The chosen row; 0 in an empty list.
    pub at: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl Cursor {
    /// Moves by `rows` within a list of `len`.
    pub fn step(&mut self, rows: isize, len: usize) {
        self.at = self.at.saturating_add_signed(rows).min(len.saturating_sub(1));
    }

    /// Goes where the chosen row has gone; stays where it is when that is gone.
    pub fn follow<T>(&mut self, rows: &[T], is_chosen: impl FnMut(&T) -> bool) {
        self.at = rows.iter().position(is_chosen).unwrap_or(self.at);
    }

    /// Keeps the chosen row within a list of `len` and on a screen of `height` rows.
    pub fn fit(&mut self, len: usize, height: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        let height = height.max(1);
        self.top = self.top.clamp(self.at.saturating_sub(height - 1), self.at).min(len.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_chosen_row_is_on_the_screen(at: usize, top: usize, len in 1usize..1000, height in 1usize..100) {
            let mut cursor = Cursor { at, top };
            cursor.fit(len, height);
            prop_assert!(cursor.at < len);
            prop_assert!(cursor.top <= cursor.at && cursor.at < cursor.top + height);
            prop_assert!(cursor.top + height <= len.max(height), "no blank rows at the end");
        }
    }
}
