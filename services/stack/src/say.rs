//! What the runner tells its user, line by line.

use std::fmt::Display;
use std::io::Write;

/// Writes a line to standard output. Whether anybody still reads it (`make up | head`) must not change what is done.
pub(crate) fn say(line: impl Display) {
    let mut output = std::io::stdout().lock();
    let _nobody_reads = writeln!(output, "{line}").and_then(|()| output.flush());
}
