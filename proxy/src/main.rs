//! The `supplex` binary: parses the command line and hands over to one file per subcommand.

mod access_log;
mod boot;
mod cli;
mod clock;
mod config;
mod explain;
mod link;
mod ring;
mod rt;
mod sidecar;
mod worker;

/// Small blocks are handed out and taken back by the thread that asked, which is how workers use memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
