//! The `supplex` binary: parses the command line and hands over to one file per subcommand.

fn main() {}
