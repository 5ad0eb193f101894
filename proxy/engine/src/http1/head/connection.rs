//! The `Connection` field (RFC 9110 section 7.6.1): what it says about this connection and which fields end here.

use super::field::{Field, FieldId};
use crate::http1::ascii::{self, TOKEN};
use crate::http1::{Span, Violation};

/// The most other fields that `Connection` may name. Each costs a pass over the fields, and real senders name one or two.
const MOST_NOMINATIONS: usize = 16;

/// The options of all `Connection` fields of a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionOptions {
    /// The sender closes the connection after this message.
    pub close: bool,
    /// An HTTP/1.0 sender would like to keep the connection.
    pub keep_alive: bool,
    /// `Upgrade` is meant for this hop.
    pub upgrade: bool,
    /// `TE` is meant for this hop.
    pub te: bool,
}

impl ConnectionOptions {
    /// Takes in the `value` of one field; marks the fields it names as meant for this hop only.
    pub(super) fn read(
        &mut self,
        head: &[u8],
        value: Span,
        fields: &mut [Field],
        nominations: &mut usize,
    ) -> Result<(), Violation> {
        for option in value.of(head).split(|byte| *byte == b',') {
            let option = ascii::trim(option);
            // A recipient must accept empty list elements (RFC 9110 section 5.6.1.2).
            if option.is_empty() || self.knows(option) {
                continue;
            }
            if !ascii::all(option, TOKEN) {
                return Err(Violation::ConnectionInvalid);
            }
            *nominations += 1;
            if *nominations > MOST_NOMINATIONS {
                return Err(Violation::ConnectionTooLong);
            }
            nominate(head, option, fields)?;
        }
        Ok(())
    }

    fn knows(&mut self, option: &[u8]) -> bool {
        let flag = match option.len() {
            2 if option.eq_ignore_ascii_case(b"te") => &mut self.te,
            5 if option.eq_ignore_ascii_case(b"close") => &mut self.close,
            7 if option.eq_ignore_ascii_case(b"upgrade") => &mut self.upgrade,
            10 if option.eq_ignore_ascii_case(b"keep-alive") => &mut self.keep_alive,
            _ => return false,
        };
        *flag = true;
        true
    }
}

/// Marks the fields of this name. A sender must not name a field that is meant for everybody; dropping such a field on
/// request is how a client would make the gateway and the upstream see two different messages.
fn nominate(head: &[u8], name: &[u8], fields: &mut [Field]) -> Result<(), Violation> {
    match FieldId::of(name) {
        FieldId::Host | FieldId::ContentLength => return Err(Violation::ConnectionFraming),
        FieldId::Other => {}
        // The gateway has its own rule for every other field that it knows.
        _ => return Ok(()),
    }
    for field in fields {
        if field.id == FieldId::Other && field.name.of(head).eq_ignore_ascii_case(name) {
            field.hop_only = true;
        }
    }
    Ok(())
}
