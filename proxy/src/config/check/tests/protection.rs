//! What is said about limits, breakers and fallbacks.

use std::time::Duration;

use super::{HEAD, ROUTE, UPSTREAM, accepted, said, said_of_route};
use crate::config::{Blueprint, Format, parse};

/// What is said of a configuration whose one route has `route` in addition.
fn said_of_limits(route: &str, rest: &str) -> Vec<String> {
    let all = "[[routes]]\nname = \"all\"\nmatch = { prefix = \"/\" }\nupstream = \"a\"\n";
    said(&format!("{HEAD}{all}{route}\n{rest}\n[upstreams.a]\nendpoints = [\"127.0.0.1:1\"]\n"))
}

#[test]
fn limits_are_there_fit_together_and_are_used() {
    let local = "[limits.a]\nrate = \"5/s\"\n[limits.b]\nrate = \"5/s\"\n";
    let redis = "[redis]\nurl = \"redis://127.0.0.1\"\n";
    let mixed = format!("{local}store = \"local\"\n{redis}");
    for (route, rest, wanted) in [
        ("limits = [\"a\", { limit = \"b\", cost = 5 }]", local, ""),
        ("limits = [\"c\"]", local, "error: unknown limit `c`"),
        ("limits = [\"a\"]", local, "warning: no route has the limit `b`"),
        ("limits = [\"a\", \"a\"]", local, "error: this limit stands in the list already; give it a larger `cost`"),
        (
            "limits = [\"a\", { limit = \"b\", cost = 6 }]",
            local,
            "error: the cost is more than the limit's burst of 5, so no request passes",
        ),
        (
            "limits = [\"a\", \"b\"]",
            &mixed,
            "error: `b` and `a` have different stores: the limits of a route are charged together or not at all",
        ),
        (
            "limits = [\"a\"]",
            "[limits.a]\nrate = \"5/s\"\nstore = \"redis\"\n",
            "error: this limit is kept in Redis, but no `[redis]` says where that is",
        ),
        (
            "limits = [\"a\"]",
            "[limits.a]\nrate = \"1/d\"\nburst = 4000\n",
            "error: at this rate the bucket takes more than 10 years to fill",
        ),
        ("", redis, "warning: no limit is kept in this Redis"),
    ] {
        let wanted: Vec<&str> = Some(wanted).filter(|wanted| !wanted.is_empty()).into_iter().collect();
        assert_eq!(said_of_limits(route, rest), wanted, "{route} {rest}");
    }
}

#[test]
fn the_store_is_redis_when_there_is_one() {
    use supplex_engine::config::Store;
    let text = |redis: &str| format!("{HEAD}{ROUTE}limits = [\"a\"]\n[limits.a]\nrate = \"7/m\"\n{redis}{UPSTREAM}");
    let local = accepted(&text(""));
    assert_eq!((local.limits[0].store, local.limits[0].burst), (Store::Local, 7));
    let shared = accepted(&text("[redis]\nurl = \"redis://:secret@127.0.0.1\"\n"));
    assert_eq!(shared.limits[0].store, Store::Redis);
    assert_eq!(shared.redis.map(|redis| redis.timeout), Some(Duration::from_millis(20)));
    let report = parse(&text("[redis]\nurl = \"redis://:secret@\"\n"), Format::Toml, "t").expect_err("no host");
    assert!(!report.render(false).contains("secret"), "{}", report.render(false));
}

#[test]
fn breakers_are_within_reason() {
    let with = |breaker: &str| said(&format!("{HEAD}{ROUTE}{UPSTREAM}[upstreams.b.breaker]\n{breaker}"));
    assert_eq!(with(""), [""; 0]);
    assert_eq!(with("error_ratio = 1\nslow_ratio = 0.25\nprobes = 100\nreturn_over = \"5s\"\nmode = \"off\""), [""; 0]);
    for (line, wanted) in [
        ("window = \"50ms\"", "error: must be at least 100ms"),
        ("error_ratio = 0", "error: upstreams.b.breaker.error_ratio: must be above 0 and up to 1"),
        ("slow_ratio = 1.5", "error: upstreams.b.breaker.slow_ratio: must be above 0 and up to 1"),
        ("probes = 101", "error: upstreams.b.breaker.probes: must be from 1 to 100"),
        ("mode = \"on\"", "error: upstreams.b.breaker.mode: unknown mode `on`"),
        (
            "slow_after = \"10s\"",
            "warning: `slow_after` is not shorter than `attempt_timeout`, so no answer is ever slow",
        ),
    ] {
        assert_eq!(with(line), [wanted], "{line}");
    }
    let blueprint = accepted(&format!("{HEAD}{ROUTE}{UPSTREAM}[upstreams.b.breaker]\nslow_ratio = 0.25\n"));
    assert_eq!(blueprint.upstreams[0].settings.breaker, None);
    let breaker = blueprint.upstreams[1].settings.breaker.expect("a breaker");
    assert_eq!((breaker.min_requests, breaker.probes, breaker.connect_failures), (20, 3, 5));
    assert_eq!((breaker.error_ratio.share(), breaker.slow_ratio.share()), (0.5, 0.25));
    assert_eq!((breaker.window, breaker.open_for), (Duration::from_secs(10), Duration::from_secs(30)));
}

#[test]
fn tokens_have_rules() {
    const AUTH: &str = "[auth.users]\njwks = \"k.json\"\nissuer = \"i\"\naudience = \"a\"\n";
    const LIMIT: &str = "[limits.l]\nrate = \"1/s\"\nkey = \"jwt:sub\"\n";
    let with = |route: &str, tables: &str| {
        let head = format!("{HEAD}{ROUTE}[[routes]]\nname = \"new\"\nmatch = {{ exact = \"/x\" }}\nupstream = \"a\"\n");
        said(&format!("{head}{route}\n{tables}{UPSTREAM}"))
    };
    assert_eq!(with("auth = \"users\"", AUTH), [""; 0]);
    assert_eq!(
        with("auth = { name = \"users\", optional = true }\nlimits = [\"l\"]", &format!("{AUTH}{LIMIT}")),
        [""; 0]
    );
    let by_nobody = "error: the limit `l` goes by the claim `sub`, but the route checks no token: it would be whatever the client wrote";
    assert_eq!(with("limits = [\"l\"]", &format!("{AUTH}{LIMIT}")), [by_nobody]);
    assert_eq!(with("auth = \"user\"", AUTH), ["error: unknown `[auth]` table `user`"]);
    let edited = "auth = \"users\"\nrequest_headers = { set = { X-User-Id = \"1\" } }";
    let forward = format!("{AUTH}forward = {{ \"x-user-id\" = \"sub\" }}\n");
    assert_eq!(with(edited, &forward), ["error: `request_headers` edits `x-user-id`, which `users` forwards"]);
    for (line, wanted) in [
        ("leeway = \"11m\"", "error: must be at most 10m: an expired token would be good for longer"),
        ("refresh = \"99ms\"", "error: must be at least 100ms"),
        ("algorithms = []", "error: auth.users.algorithms: the list is empty"),
        ("algorithms = [\"none\"]", "error: auth.users.algorithms.0: a token without a signature is never believed"),
        ("algorithms = [\"EdDSA\", \"EdDSA\"]", "error: this algorithm stands in the list already"),
        ("forward = { authorization = \"sub\" }", "error: `authorization` has a meaning of its own"),
        ("forward = { x-forwarded-for = \"sub\" }", "error: `x-forwarded-for` has a meaning of its own"),
        ("forward = { host = \"sub\" }", "error: auth.users.forward.host: `host` cannot be edited"),
    ] {
        assert_eq!(with("auth = \"users\"", &format!("{AUTH}{line}\n")), [wanted], "{line}");
    }
    let text = format!("{HEAD}{ROUTE}{forward}{LIMIT}{UPSTREAM}");
    let claims = |blueprint: Blueprint| blueprint.auth[0].claims.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(claims(accepted(&text)), ["sub"], "a claim that two ask for is kept once");
}

#[test]
fn fallbacks_are_one_thing_and_another_one() {
    let with = |fallback: &str| {
        said_of_route(&format!("match = {{ exact = \"/x\" }}\nupstream = \"a\"\nfallback = {{ {fallback} }}"))
    };
    assert_eq!(with("upstream = \"b\""), [""; 0]);
    assert_eq!(with("status = 200, body = \"[]\""), [""; 0]);
    assert_eq!(with("status = 204"), [""; 0]);
    for (fallback, wanted) in [
        ("", "error: the fallback says nothing"),
        ("upstream = \"b\", status = 200", "error: a fallback has either `upstream` or `status`"),
        ("upstream = \"a\"", "error: the route leads to this upstream already"),
        ("upstream = \"c\"", "error: unknown upstream `c`"),
        ("status = 304, body = \"x\"", "error: a response with the status 304 has no body"),
        ("status = 101", "error: routes.1.fallback.status: must be from 200 to 599"),
    ] {
        assert_eq!(with(fallback), [wanted], "{fallback}");
    }
}

#[test]
fn an_adaptive_limit_has_bounds_that_fit() {
    let said_of = |upstream: &str| said(&format!("{HEAD}{ROUTE}{UPSTREAM}{upstream}\n"));
    for (upstream, wanted) in [
        ("adaptive = {}", ""),
        ("adaptive = {}\nmax_in_flight = 3", ""),
        ("adaptive = { min = 20, max = 20, window = \"10ms\", tolerance = 2, remeasure = \"1m\" }", ""),
        ("adaptive = { min = 20, max = 19 }", "error: `min` is 20, which is above `max` of 19"),
        ("adaptive = { min = 4 }\nmax_in_flight = 3", "error: `min` is 4, which is above `max_in_flight` of 3"),
        ("adaptive = { min = 0 }", "error: upstreams.b.adaptive.min: must be from 1 to 10000000"),
        ("adaptive = { window = \"9ms\" }", "error: must be at least 10ms"),
        ("adaptive = { tolerance = 1.0 }", "error: upstreams.b.adaptive.tolerance: must be from 1.1 to 10"),
        (
            "adaptive = { tolerance = \"2\" }",
            "error: upstreams.b.adaptive.tolerance: expected a number from 1.1 to 10, found the text `2`",
        ),
        ("adaptive = { max = 2000 }", "warning: `max` is above `max_in_flight`, which never lets more than 1024 in"),
    ] {
        let wanted: Vec<&str> = Some(wanted).filter(|wanted| !wanted.is_empty()).into_iter().collect();
        assert_eq!(said_of(upstream), wanted, "{upstream}");
    }
    let rules = |upstream: &str| {
        let blueprint = accepted(&format!("{HEAD}{ROUTE}{UPSTREAM}{upstream}\n"));
        blueprint.upstreams[1].settings.adaptive.expect("a table")
    };
    let defaults = rules("adaptive = {}");
    assert_eq!((defaults.min, defaults.max), (8, 1024));
    assert_eq!((defaults.window, defaults.remeasure), (Duration::from_millis(100), Duration::from_secs(30)));
    assert!((defaults.tolerance.times() - 1.5).abs() < 1e-9);
    let small = rules("adaptive = {}\nmax_in_flight = 3");
    assert_eq!((small.min, small.max), (3, 3));
}
