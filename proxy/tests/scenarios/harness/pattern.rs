//! Large bodies without keeping them: bytes that tell where they belong.

/// An endless sequence of bytes in which a lost, doubled or moved piece is noticed.
#[derive(Default)]
pub(crate) struct Pattern {
    at: u64,
}

impl Pattern {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn next(&mut self) -> u8 {
        let byte = (self.at ^ (self.at >> 8) ^ (self.at >> 16)) as u8;
        self.at += 1;
        byte
    }

    /// The next `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next()).collect()
    }

    /// Asserts that `bytes` are the next ones.
    pub(crate) fn check(&mut self, bytes: &[u8]) {
        let start = self.at;
        let wrong = bytes.iter().position(|byte| *byte != self.next());
        assert_eq!(wrong, None, "the body is wrong behind byte {start}");
    }
}
