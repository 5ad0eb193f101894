//! The `supplex` binary: parses the command line and hands over to one file per subcommand.

mod access_log;
mod link;
mod ring;
mod rt;
mod worker;

fn main() {}
