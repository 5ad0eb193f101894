//! Making a ring, and finding out whether this host lets us.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::rc::Rc;

use io_uring::{IoUring, Probe, opcode};
use slab::Slab;

use super::buffers::{GROUP, Pool};
use super::{Inner, Ring};

/// Places in the submission queue. What does not fit waits in memory for the next pass.
const SUBMISSIONS: u32 = 1024;
/// Places in the completion queue; the kernel keeps what overflows.
const COMPLETIONS: u32 = 8192;

/// Why no ring could be made.
#[derive(Debug)]
pub(crate) enum SetupError {
    /// `io_uring_setup` failed.
    Create(io::Error),
    /// The provided-buffer ring was refused: a kernel before 5.19.
    Buffers(io::Error),
    /// An operation the gateway needs is missing from this kernel.
    Missing(&'static str),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Create(error) => write!(f, "io_uring_setup failed: {error}"),
            SetupError::Buffers(error) => write!(f, "the provided-buffer ring was refused: {error}"),
            SetupError::Missing(what) => write!(f, "this kernel's io_uring lacks {what}"),
        }
    }
}

impl std::error::Error for SetupError {}

/// Makes a ring as a worker would, checks that the kernel has what we need, and lets it go.
///
/// # Errors
/// The first thing that is missing.
pub(crate) fn probe() -> Result<(), SetupError> {
    let ring = Ring::new()?;
    let inner = ring.inner.borrow();
    let mut probe = Probe::new();
    inner.uring.submitter().register_probe(&mut probe).map_err(SetupError::Create)?;
    let needed = [
        (opcode::Recv::CODE, "recv"),
        (opcode::Send::CODE, "send"),
        (opcode::Accept::CODE, "accept"),
        (opcode::Connect::CODE, "connect"),
        (opcode::AsyncCancel::CODE, "cancel"),
        (opcode::Close::CODE, "close"),
        // Not used, but it came with multishot receive, which no probe tells of: Linux 6.0.
        (opcode::SendZc::CODE, "multishot receive (Linux 6.0)"),
    ];
    needed
        .iter()
        .find(|(code, _)| !probe.is_supported(*code))
        .map_or(Ok(()), |(_, name)| Err(SetupError::Missing(name)))
}

impl Ring {
    /// The ring of the calling thread.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub(crate) fn new() -> Result<Rc<Ring>, SetupError> {
        let mut uring = IoUring::builder()
            .setup_cqsize(COMPLETIONS)
            .setup_single_issuer()
            // Without it every readiness costs an inter-processor interrupt; see runtime-notes.
            .setup_coop_taskrun()
            .setup_taskrun_flag()
            .build(SUBMISSIONS)
            .map_err(SetupError::Create)?;
        // Saves a look-up of the ring's descriptor per system call; an older kernel does without.
        let _ = uring.submitter().register_ring_fd();
        let pool = Pool::new();
        let (address, places) = pool.ring_address();
        // SAFETY: the ring's memory belongs to the pool, which outlives `uring` (fields drop in order), and has exactly
        // this many places.
        unsafe { uring.submitter().register_buf_ring_with_flags(address, places, GROUP, 0) }
            .map_err(SetupError::Buffers)?;
        pool.offer();
        uring.submission().sync();
        let inner = Inner {
            uring,
            backlog: VecDeque::new(),
            sockets: Slab::new(),
            generation: 0,
            listeners: Slab::new(),
            doorbells: Slab::new(),
            starved: Vec::new(),
            pool: Rc::clone(&pool),
        };
        // Rings of all workers tell the same time.
        let started = crate::clock::started();
        Ok(Rc::new(Ring {
            inner: RefCell::new(inner),
            pool,
            local_wakes: Cell::new(0),
            clock: Cell::new(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX)),
            started,
        }))
    }
}
