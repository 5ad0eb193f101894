//! The Redis of a candidate whose limits are kept there: nothing on disk, no file outside its folder.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::kit::fetch::{answers, free_address};
use crate::kit::machine::program;
use crate::kit::process::Process;

/// Starts one, pinned to a CPU.
pub(super) fn start(folder: &Path, cpu: usize) -> io::Result<(Process, SocketAddr)> {
    let address = free_address()?;
    let (host, port, folder) = (address.ip().to_string(), address.port().to_string(), folder.to_string_lossy());
    let args = ["--bind", &host, "--port", &port, "--dir", &folder, "--save", "", "--appendonly", "no"];
    let log = Path::new(&*folder).join("redis.log");
    let mut process = Process::start("redis", cpu, &program("redis-server")?, &args, &log)?;
    process.wait_until("listen", || answers(address))?;
    Ok((process, address))
}
