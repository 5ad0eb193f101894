//! Passwords of private servers, which protect them from other users of the same machine.

use std::fs::File;
use std::io::Read;

use crate::Error;

/// A new password: 128 random bits in hexadecimal.
///
/// # Errors
/// When the system gives no random numbers.
pub(crate) fn new() -> Result<String, Error> {
    let mut bytes = [0; 16];
    let random = File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes));
    random.map_err(Error::io("read /dev/urandom"))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
