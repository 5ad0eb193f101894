//! Stands in for a gateway that does not start, in the tests of the stack runner: the real one cannot be made to.
//!
//! With `STAND_IN=broken` it complains and ends, with `STAND_IN=silent` it never writes the ready file. It ends at SIGTERM
//! like any program. Never part of anything that is installed.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::var("STAND_IN").is_ok_and(|how| how == "silent") {
        loop {
            std::thread::park();
        }
    }
    eprintln!("the stand-in is broken on purpose");
    ExitCode::from(70)
}
