//! Whose token a route asks for, and what is made of what the request shows.
//!
//! Keys are not at hand, so a signature is taken for good; everything else about the token is judged as a worker does.

use std::rc::Rc;

use supplex_engine::auth::{Cache, Identity};
use supplex_engine::config::Route;
use supplex_engine::exchange::stages::authenticate::authenticate;

use super::model::{Auth, Refusal};
use super::{Context, refusal};

/// What is asked, whose request it is if its signature holds, and why it may not pass.
pub(super) fn judge(
    cx: &Context<'_>,
    route: &Route,
    key: &str,
) -> (Option<Auth>, Option<Rc<Identity>>, Option<Refusal>) {
    let asked = route.auth.and_then(|asked| Some((asked, cx.snapshot.auth.get(asked.auth.index())?)));
    let Some((asked, auth)) = asked else { return (None, None, None) };
    let at = cx.places().of(&format!("{key}.auth"));
    let mut cache = Cache::new(0);
    let verdict = authenticate(cx.head, cx.bytes, auth, asked.optional, cx.now, &mut cache, |_| Ok(()));
    let (finding, refused) = match &verdict {
        Ok(Some(_)) => ("passes, if the signature of its token holds".to_owned(), None),
        Ok(None) => ("passes without a token, as nobody's".to_owned(), None),
        Err(denial) => {
            let refused = refusal::reason("authenticate", denial.reason(), &at);
            (denial.detail().to_owned(), Some(Refusal { detail: denial.detail().to_owned(), ..refused }))
        }
    };
    let algorithms: Vec<_> = auth.algorithms.iter().map(|algorithm| algorithm.word()).collect();
    let table = format!("auth.{}", auth.name);
    let told = Auth {
        name: auth.name.to_string(),
        optional: asked.optional,
        issuer: cx.setting(&*auth.issuer, &format!("{table}.issuer")),
        audience: cx.setting(&*auth.audience, &format!("{table}.audience")),
        algorithms: cx.setting(algorithms.join(", "), &format!("{table}.algorithms")),
        keys: cx.setting(auth.jwks.to_string(), &format!("{table}.jwks")),
        finding,
        at,
    };
    (Some(told), verdict.ok().flatten(), refused)
}
