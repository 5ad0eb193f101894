//! Tokens, between routing and limits: whose is a request?
//!
//! `supplex_engine::exchange::stages::authenticate` decides. This module has what that takes: the keys that the sidecar has
//! fetched, the tokens that held, and the counters. It never waits: a token whose key is not known is refused, and the
//! count of such refusals has the sidecar fetch the keys again.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;

use supplex_engine::auth::{Cache, Denial, Identity, Vouched};
use supplex_engine::config::{Auth, Route};
use supplex_engine::exchange::stages::authenticate::authenticate;
use supplex_engine::http1::{RequestHead, TrailerName};
use supplex_engine::reason::Reason;
use supplex_engine::stats::{AuthBlock, AuthDecision};

use super::Worker;
use super::live::Live;
use super::request::Request;
use crate::link::KeySet;

/// An `[auth]` table in use.
pub(super) struct LiveAuth {
    pub(super) settings: Auth,
    block: Arc<AuthBlock>,
    keys: RefCell<Option<Arc<KeySet>>>,
    known: RefCell<Cache>,
}

impl LiveAuth {
    /// Builds on the table of the same name, if there was one: unless something changed it is the same with its tokens,
    /// and keys stay as long as their place does.
    pub(super) fn new(settings: &Auth, block: Arc<AuthBlock>, former: Option<&Rc<LiveAuth>>) -> Rc<Self> {
        if let Some(former) = former.filter(|former| former.settings == *settings) {
            return Rc::clone(former);
        }
        let kept = former.filter(|former| former.settings.jwks == settings.jwks);
        let keys = kept.and_then(|former| former.keys.borrow().clone());
        Rc::new(Self { settings: settings.clone(), block, keys: RefCell::new(keys), known: RefCell::new(fresh()) })
    }

    /// Takes over the keys if they are for this table. What held under others may not hold any more.
    pub(super) fn take(&self, set: &Arc<KeySet>) {
        let is_ours = set.name == self.settings.name && set.source == self.settings.jwks;
        let mut keys = self.keys.borrow_mut();
        if is_ours && !keys.as_ref().is_some_and(|known| Arc::ptr_eq(known, set)) {
            *keys = Some(Arc::clone(set));
            *self.known.borrow_mut() = fresh();
        }
    }

    fn check(
        &self,
        head: &RequestHead,
        bytes: &[u8],
        optional: bool,
        now: u64,
    ) -> Result<Option<Rc<Identity>>, Denial> {
        let known = &mut *self.known.borrow_mut();
        let verdict = authenticate(head, bytes, &self.settings, optional, now, known, |token| {
            self.keys.borrow().as_ref().ok_or(Denial::Unavailable)?.verify(token)
        });
        let decision = match &verdict {
            Ok(Some(_)) => AuthDecision::Passed,
            Ok(None) => AuthDecision::Anonymous,
            Err(denial) => denial.decision(),
        };
        self.block.decisions(decision).increment();
        verdict
    }
}

/// An empty cache with a seed of its own.
fn fresh() -> Cache {
    Cache::new(RandomState::new().build_hasher().finish())
}

/// Whose request it is; `None` when it is nobody's, or the route does not ask.
///
/// # Errors
/// Why it may not take the route, and a sentence about it for the client.
pub(super) fn identify(
    worker: &Worker,
    live: &Live,
    route: &Route,
    head: &RequestHead,
    bytes: &[u8],
) -> Result<Option<Rc<Identity>>, (Reason, &'static str)> {
    let Some(asked) = route.auth else { return Ok(None) };
    let Some(auth) = live.auth(asked.auth) else {
        return Err((Reason::Internal, Reason::Internal.row().title));
    };
    let now = worker.clock.unix_millis(worker.ring.coarse_now()) / 1000;
    auth.check(head, bytes, asked.optional, now).map_err(|denial| (denial.reason(), denial.detail()))
}

/// What the upstream is told about it.
pub(super) fn vouched<'a>(live: &'a Live, route: &Route, identity: Option<&'a Identity>) -> Vouched<'a> {
    let auth = route.auth.and_then(|asked| live.auth(asked.auth));
    auth.map_or_else(Vouched::default, |auth| Vouched { fields: &auth.settings.forward, identity })
}

/// Whether a trailer of a request is named like a field that only the gateway writes on its route.
pub(super) fn refuses_trailer(request: &Request, name: TrailerName<'_>) -> bool {
    let route = request.route.and_then(|id| request.live.route(id));
    route.is_some_and(|route| vouched(&request.live, route, None).refuses(name))
}
