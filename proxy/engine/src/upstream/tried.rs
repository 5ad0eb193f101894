//! Which endpoints an exchange has tried: a bit for each, so that remembering costs nothing.

/// Positions of endpoints. Those beyond the 64th are not remembered, and count as not tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried(u64);

impl Tried {
    /// Adds an endpoint.
    pub fn add(&mut self, position: usize) {
        self.0 |= bit(position);
    }

    /// Whether it was tried.
    #[must_use]
    pub fn has(self, position: usize) -> bool {
        self.0 & bit(position) != 0
    }

    /// Whether none was tried.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

fn bit(position: usize) -> u64 {
    u32::try_from(position).ok().and_then(|position| 1_u64.checked_shl(position)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_remembered_for_itself() {
        let mut tried = Tried::default();
        assert!(tried.is_empty());
        for position in [0, 5, 63, 64, usize::MAX] {
            tried.add(position);
        }
        let known: Vec<_> = (0..200).filter(|position| tried.has(*position)).collect();
        assert_eq!(known, [0, 5, 63]);
    }
}
