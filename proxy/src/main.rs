//! The `supplex` binary: parses the command line and hands over to one file per subcommand.

mod boot;
mod cli;
mod config;

fn main() -> std::process::ExitCode {
    cli::main()
}
