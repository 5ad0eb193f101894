//! What the kernel hands back with a completion: which entry of which table it belongs to.
//!
//! An entry is reused only after its last completion, so a token cannot be stale; the generation is there to notice if
//! that promise were ever broken, instead of acting on the wrong connection.

/// The kind of operation a completion belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Nobody waits for it: a cancel or a close that went wrong. Nothing to do.
    Ignore = 0,
    Recv = 1,
    Send = 2,
    Connect = 3,
    Accept = 4,
    Doorbell = 5,
}

/// The user data of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) slot: u32,
    /// 24 bits are kept.
    pub(super) generation: u32,
}

impl Token {
    pub(super) const IGNORE: u64 = 0;

    pub(super) fn new(kind: Kind, slot: usize, generation: u32) -> Self {
        Self { kind, slot: slot as u32, generation: generation & 0xff_ffff }
    }

    pub(super) fn encode(self) -> u64 {
        self.kind as u64 | u64::from(self.slot) << 8 | u64::from(self.generation) << 40
    }

    pub(super) fn decode(data: u64) -> Self {
        let kind = match data as u8 {
            1 => Kind::Recv,
            2 => Kind::Send,
            3 => Kind::Connect,
            4 => Kind::Accept,
            5 => Kind::Doorbell,
            _ => Kind::Ignore,
        };
        Self { kind, slot: (data >> 8) as u32, generation: (data >> 40) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_kernel() {
        for kind in [Kind::Recv, Kind::Send, Kind::Connect, Kind::Accept, Kind::Doorbell] {
            for (slot, generation) in [(0, 0), (7, 1), (u32::MAX as usize, 0xff_ffff)] {
                let token = Token::new(kind, slot, generation);
                assert_eq!(Token::decode(token.encode()), token);
            }
        }
        assert_eq!(Token::decode(Token::IGNORE).kind, Kind::Ignore);
    }
}
