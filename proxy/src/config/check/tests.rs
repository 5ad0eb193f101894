//! Every rule between values, one row each: a change to a configuration that holds, and what is said about it.

mod access_log;
mod protection;
mod redis;
mod traces;

use std::time::Duration;

use supplex_engine::config::{
    AccessLog, Balance, Destination, LogField, LogFormat, LogTarget, Priority, Queue, Ratio, RetryBudget, RetryOn,
    Workers,
};
use supplex_engine::route::{HostPattern, PathMatch};

use crate::config::{Blueprint, Format, parse};

const HEAD: &str = "[[listeners]]\nname = \"public\"\naddress = \"127.0.0.1:8080\"\n";
const UPSTREAM: &str = "[upstreams.a]\nendpoints = [\"127.0.0.1:1\"]\n[upstreams.b]\nendpoints = [\"127.0.0.1:2\"]\n";
const ROUTE: &str = "[[routes]]\nname = \"both\"\nmatch = { prefix = \"/\" }\nsplit = [{ upstream = \"a\", weight = 1 }, { upstream = \"b\", weight = 1 }]\n";

/// What is said about a text, one line per problem, without the place and the severity.
fn said(text: &str) -> Vec<String> {
    let report = match parse(text, Format::Toml, "t") {
        Ok(blueprint) => blueprint.warnings,
        Err(report) => report,
    };
    report.problems().map(|problem| format!("{}: {}", problem.severity.word(), problem.message)).collect()
}

/// What is said once `route` is added to two upstreams and a route that uses both.
fn said_of_route(route: &str) -> Vec<String> {
    said(&format!("{HEAD}{ROUTE}[[routes]]\nname = \"new\"\n{route}\n{UPSTREAM}"))
}

fn accepted(text: &str) -> Blueprint {
    match parse(text, Format::Toml, "t") {
        Ok(blueprint) => blueprint,
        Err(report) => panic!("{}", report.render(false)),
    }
}

#[test]
fn a_configuration_that_holds_is_said_nothing_about() {
    assert_eq!(said(&format!("{HEAD}{ROUTE}{UPSTREAM}")), [""; 0]);
    assert_eq!(said(HEAD), [""; 0]);
}

#[test]
fn retries_and_load_have_rules() {
    let route = |line: &str| said_of_route(&format!("match = {{ exact = \"/x\" }}\nupstream = \"a\"\n{line}"));
    assert_eq!(route("retries = {}"), [""; 0]);
    for (line, wanted) in [
        ("retries = { max = 6 }", "error: routes.1.retries.max: must be from 0 to 5"),
        ("retries = { on = [] }", "error: routes.1.retries.on: the list is empty"),
        ("retries = { on = [\"500\"] }", "error: routes.1.retries.on.0: `500` is no cause of a retry"),
        ("retries = { on = [\"503\", \"503\"] }", "error: this cause stands in the list already"),
        (
            "timeout = \"1s\"\nretries = { backoff = \"2s\" }",
            "error: `backoff` is longer than the whole exchange may take (1s)",
        ),
        (
            "retries = { post_with_idempotency_key = 1 }",
            "error: routes.1.retries.post_with_idempotency_key: expected `true` or `false`, found the integer 1",
        ),
        (
            "timeout = \"1s\"\nhedge = { after = \"1s\" }",
            "error: `after` is not shorter than the whole exchange may take (1s)",
        ),
        ("priority = \"urgent\"", "error: routes.1.priority: unknown priority `urgent`"),
    ] {
        assert_eq!(route(line), [wanted], "{line}");
    }
    for (line, wanted) in [
        ("queue = { timeout = \"1s\" }", "warning: nothing waits in a queue whose `max` is 0"),
        ("retry_budget = { ratio = 1.5 }", "error: upstreams.b.retry_budget.ratio: must be from 0 to 1"),
    ] {
        assert_eq!(said(&format!("{HEAD}{ROUTE}{UPSTREAM}{line}\n")), [wanted], "{line}");
    }
    let shed = said(&format!("[gateway]\nshed = {{ queue_delay = \"0ms\" }}\n{HEAD}"));
    assert_eq!(shed, ["error: gateway.shed.queue_delay: must be at least 1ms"]);
}

#[test]
fn defaults_of_retries_and_load() {
    let blueprint = accepted(&format!("{HEAD}{ROUTE}{UPSTREAM}"));
    assert_eq!((blueprint.routes[0].retries, blueprint.routes[0].priority), (None, Priority::Normal));
    let settings = &blueprint.upstreams[0].settings;
    assert_eq!((settings.queue, settings.retry_budget), (Queue::default(), RetryBudget::default()));
    let retrying = ROUTE.replace("split =", "retries = {}\nsplit =");
    let Some(retries) = accepted(&format!("{HEAD}{retrying}{UPSTREAM}")).routes[0].retries else { panic!("retries") };
    assert_eq!((retries.max, retries.on, retries.backoff), (1, RetryOn::DEFAULT, Duration::from_millis(25)));
}

#[test]
fn routes_have_one_destination_that_exists() {
    for (route, wanted) in [
        ("match = { exact = \"/x\" }", "error: the route leads nowhere"),
        ("match = { exact = \"/x\" }\nupstream = \"c\"", "error: unknown upstream `c`"),
        (
            "match = { exact = \"/x\" }\nupstream = \"a\"\nsplit = [{ upstream = \"b\", weight = 1 }]",
            "error: a route has either `upstream` or `split`",
        ),
        (
            "match = { exact = \"/x\" }\nsplit = [{ upstream = \"a\", weight = 0 }]",
            "error: the weights of the split add up to 0",
        ),
        (
            "match = { exact = \"/x\" }\nsplit = [{ upstream = \"a\", weight = 1 }, { upstream = \"a\", weight = 2 }]",
            "error: this upstream stands in the split already; give it a larger `weight`",
        ),
        (
            "match = { exact = \"/x\" }\nsplit = [{ upstream = \"a\", weight = 1001 }]",
            "error: routes.1.split.0.weight: must be from 0 to 1000",
        ),
    ] {
        assert_eq!(said_of_route(route), [wanted], "{route}");
    }
}

#[test]
fn routes_have_one_rule_for_the_path() {
    for (rule, wanted) in [
        ("{ methods = [\"GET\"] }", "error: the match has no rule for the path"),
        ("{ exact = \"/x\", regex = \"/x\" }", "error: a match has only one of `prefix`, `exact` and `regex`"),
        ("{ exact = \"/x\", methods = [\"GET\", \"GET\"] }", "error: this method stands in the list already"),
        (
            "{ exact = \"/x\", headers = { a = \"1\", A = \"1\" } }",
            "error: routes.1.match.headers.A: this key stands here twice",
        ),
    ] {
        assert_eq!(said_of_route(&format!("match = {rule}\nupstream = \"a\"")), [wanted], "{rule}");
    }
}

#[test]
fn a_rule_that_was_refused_is_not_missed_as_well() {
    let refused = said_of_route("match = { prefix = \"x\" }\nupstream = 1");
    assert_eq!(
        refused,
        [
            "error: routes.1.match.prefix: `x` does not begin with `/`",
            "error: routes.1.upstream: expected a name, found the integer 1",
        ]
    );
}

#[test]
fn routes_that_no_request_can_take_are_refused() {
    assert_eq!(
        said_of_route("match = { prefix = \"/\" }\nupstream = \"a\""),
        ["error: no request can take the route `new`: `both` takes everything it matches"]
    );
    assert_eq!(said_of_route("match = { prefix = \"/x\" }\nupstream = \"a\""), [""; 0]);
    assert_eq!(said_of_route("match = { prefix = \"/\", methods = [\"GET\"] }\nupstream = \"a\""), [""; 0]);
}

#[test]
fn rewrites_can_apply() {
    let strip = |rule: &str, strip: &str| {
        said_of_route(&format!("match = {{ {rule} }}\nupstream = \"a\"\nstrip_prefix = \"{strip}\""))
    };
    let never = ["error: no path that the route matches begins with this prefix"];
    assert_eq!(strip("prefix = \"/api/x\"", "/api"), [""; 0]);
    assert_eq!(strip("prefix = \"/api\"", "/api/x"), [""; 0]);
    assert_eq!(strip("exact = \"/api/x\"", "/api/x"), [""; 0]);
    let behind_all = strip("regex = \"/x+\"", "/api");
    assert_eq!(behind_all, ["error: no request can take the route `new`: `both` takes everything it matches"]);
    assert_eq!(strip("prefix = \"/apis\"", "/api"), never);
    assert_eq!(strip("exact = \"/api\"", "/api/x"), never);
    assert_eq!(strip("prefix = \"/api\"", "/"), ["error: the prefix `/` changes nothing"]);
}

#[test]
fn header_edits_do_not_repeat_themselves() {
    let edits = |edits: &str| {
        said_of_route(&format!("match = {{ exact = \"/x\" }}\nupstream = \"a\"\nrequest_headers = {edits}"))
    };
    assert_eq!(edits("{ remove = [\"a\", \"A\"] }"), ["error: this name stands in the list already"]);
    assert_eq!(
        edits("{ set = { a = \"1\" }, remove = [\"A\"] }"),
        ["warning: `a` is set as well, which removes it first"]
    );
    assert_eq!(
        edits("{ set = { upgrade = \"h2c\" } }"),
        ["error: routes.1.request_headers.set.upgrade: `upgrade` cannot be edited"]
    );
}

#[test]
fn names_and_addresses_stand_once() {
    let twice = format!("{HEAD}{HEAD}");
    assert_eq!(
        said(&twice),
        ["error: another listener has this name", "error: another listener has 127.0.0.1:8080 already"]
    );
    let admin = HEAD.replace("8080", "9900");
    assert_eq!(said(&admin), ["error: the admin endpoint listens on 127.0.0.1:9900 already"]);
    let free = format!("{HEAD}{HEAD}").replace("8080", "0").replacen("public", "other", 1);
    assert_eq!(said(&free), [""; 0], "port 0 is never taken");
    assert_eq!(said(&format!("{HEAD}{ROUTE}{ROUTE}{UPSTREAM}"))[0], "error: another route has this name");
    assert_eq!(said("listeners = []"), ["error: listeners: the list is empty"]);
    assert_eq!(said(""), ["error: the key `listeners` is missing"]);
}

#[test]
fn the_admin_endpoint_is_guarded() {
    let said_of = |gateway: &str| said(&format!("[gateway]\n{gateway}\n{HEAD}"));
    assert_eq!(
        said_of("admin = \"10.0.0.1:9900\""),
        ["error: the admin endpoint on 10.0.0.1:9900 can be reached from other machines without a token"]
    );
    assert_eq!(said_of("admin = \"10.0.0.1:9900\"\nadmin_token = \"0123456789abcdef\""), [""; 0]);
    assert_eq!(said_of("admin_token = \"short\""), ["warning: the admin token is short enough to be guessed"]);
    assert_eq!(said_of("admin = \"[::1]:9900\""), [""; 0]);
}

#[test]
fn upstreams_are_used_and_their_timeouts_can_strike() {
    let with = |upstream: &str| said(&format!("{HEAD}{ROUTE}timeout = \"1s\"\n{UPSTREAM}{upstream}"));
    assert_eq!(with("attempt_timeout = \"1s\""), [""; 0]);
    assert_eq!(
        with("attempt_timeout = \"2s\""),
        [
            "warning: `attempt_timeout` is longer than the timeout of every route that leads here, so it never ends an attempt"
        ]
    );
    assert_eq!(
        with("attempt_timeout = \"1s\"\nconnect_timeout = \"2s\""),
        ["warning: `connect_timeout` is longer than `attempt_timeout`, which covers connecting as well"]
    );
    assert_eq!(with("hash_key = \"path\""), ["warning: `hash_key` has no effect on this balancer"]);
    assert_eq!(with("balance = \"consistent_hash\"\nhash_key = \"cookie:id\""), [""; 0]);
    assert_eq!(with("[upstreams.c]\nendpoints = [\"127.0.0.1:3\"]"), ["warning: no route leads to the upstream `c`"]);
    assert_eq!(
        with("[upstreams.c]\nendpoints = [\"127.0.0.1:3\", { address = \"127.0.0.1:3\", weight = 2 }]"),
        ["error: this endpoint stands in the list already; give it a larger `weight` for a larger share"]
    );
}

#[test]
fn probes_have_what_their_kind_needs() {
    let health = |health: &str| said(&format!("{HEAD}{ROUTE}{UPSTREAM}health = {{ {health} }}"));
    for good in [
        "",
        "kind = \"tcp\", interval = \"2s\"",
        "path = \"/healthz\", expect_status = \"204\", expect_body = \"ok\"",
        "kind = \"http\", path = \"/\"",
    ] {
        assert_eq!(health(good), [""; 0], "{good}");
    }
    assert_eq!(health("kind = \"http\""), ["error: an `http` probe has no path to ask for"]);
    let tcp = |key: &str| format!("error: a `tcp` probe only connects, so `{key}` says nothing");
    assert_eq!(health("kind = \"tcp\", path = \"/\""), [tcp("path")]);
    assert_eq!(health("expect_status = \"200\", expect_body = \"x\""), [tcp("expect_status"), tcp("expect_body")]);
}

#[test]
fn shares_are_from_0_to_1() {
    let with = |line: &str| said(&format!("{HEAD}{ROUTE}{UPSTREAM}{line}"));
    assert_eq!(with("panic_threshold = 0\nejection = { max_ejected = 1 }"), [""; 0]);
    let refused = |key: &str, what: &str| [format!("error: upstreams.b.{key}: {what}")];
    assert_eq!(with("panic_threshold = 1.5"), refused("panic_threshold", "must be from 0 to 1"));
    let most = "ejection.max_ejected";
    assert_eq!(with("ejection = { max_ejected = 0.0 }"), refused(most, "must be above 0 and up to 1"));
    assert_eq!(with("ejection = { max_ejected = nan }"), refused(most, "must be above 0 and up to 1"));
    let words = "expected a share above 0 and up to 1, found the text `1`";
    assert_eq!(with("ejection = { max_ejected = \"1\" }"), refused(most, words));
}

#[test]
fn defaults_fill_what_is_left_out() {
    let blueprint = accepted(&format!("{HEAD}{ROUTE}{UPSTREAM}"));
    assert_eq!(blueprint.gateway.workers, Workers::Auto);
    assert_eq!(blueprint.gateway.admin, ([127, 0, 0, 1], 9900).into());
    assert_eq!(blueprint.gateway.drain_timeout, Duration::from_secs(15));
    assert_eq!(blueprint.telemetry.access_log, None);
    assert_eq!(blueprint.telemetry.latency_dump, std::path::Path::new("supplex-latency.hlog"));
    let traces = &blueprint.telemetry.traces;
    assert_eq!((&traces.collector, traces.slow_after), (&None, Duration::from_secs(1)));
    assert_eq!(traces.sampler.ratio(), Ratio::new(0.01));
    let listener = &blueprint.listeners[0];
    assert_eq!((listener.max_header_bytes, listener.max_header_fields), (16 << 10, 100));
    assert_eq!((listener.max_body_bytes, listener.max_connections), (10 << 20, 20_000));
    assert_eq!(blueprint.routes[0].timeout, Duration::from_secs(30));
    let upstream = &blueprint.upstreams[0].settings;
    assert_eq!(upstream.balance, Balance::LeastRequest);
    assert_eq!((upstream.idle_per_worker, upstream.max_in_flight), (64, 1024));
    assert_eq!((&upstream.health, &upstream.ejection, upstream.slow_start), (&None, &None, None));
    assert_eq!(upstream.panic_threshold, Ratio::new(0.5));
}

#[test]
fn defaults_of_small_tables_fill_in_as_well() {
    let text = format!("{HEAD}{ROUTE}{UPSTREAM}[telemetry]\naccess_log = {{ path = \"/tmp/a.log\" }}\n");
    let blueprint = accepted(&text.replace("[\"127.0.0.1:1\"]", "[{ address = \"127.0.0.1:1\" }]"));
    let json = LogFormat::Json(LogField::by_default());
    let log = AccessLog::new(LogTarget::File("/tmp/a.log".into()), json, Ratio::new(1.0));
    assert_eq!(blueprint.telemetry.access_log, Some(log));
    assert_eq!(blueprint.upstreams[0].endpoints[0].weight, 1);
}

#[test]
fn a_token_is_never_shown() {
    for token in ["\"hunter 2\"", "\"hunter2\"", "7777777", "[\"hunter2\"]"] {
        let text = format!("[gateway]\nadmin_token = {token}\n{HEAD}");
        let report = match parse(&text, Format::Toml, "t") {
            Ok(blueprint) => blueprint.warnings,
            Err(report) => report,
        };
        let shown = format!("{}{:?}", report.render(false), report.lines());
        assert!(shown.contains("t:2:15"), "{shown}");
        assert!(!shown.contains("hunter") && !shown.contains("7777777"), "{shown}");
    }
}

#[test]
fn both_formats_make_the_same_of_the_same_keys() {
    let toml = accepted(include_str!("../../../../config.toml"));
    let yaml = include_str!("../../../tests/cli/fixtures/good.yaml");
    let yaml = parse(yaml, Format::Yaml, "t").unwrap_or_else(|report| panic!("{}", report.render(false)));
    assert_eq!(toml.gateway, yaml.gateway);
    assert_eq!(toml.listeners, yaml.listeners);
    assert_eq!(toml.upstreams, yaml.upstreams);
    assert_eq!(toml.limits, yaml.limits);
    assert_eq!(toml.telemetry, yaml.telemetry);
    assert_eq!(format!("{:?}", toml.routes), format!("{:?}", yaml.routes));
    assert_eq!(toml.telemetry.log_target(), Some(LogTarget::Stdout));
}

#[test]
fn a_route_is_read_to_the_letter() {
    let route = "match = { prefix = \"/a/\", methods = [\"GET\"], host = \"*.Shop.test\", headers = { X-Beta = \"1\" } }\n\
        upstream = \"b\"\nadd_prefix = \"/v1/\"\nrequest_headers = { set = { X-A = \"1\" }, remove = [\"X-B\"] }";
    let blueprint = accepted(&format!("{HEAD}{ROUTE}[[routes]]\nname = \"new\"\n{route}\n{UPSTREAM}"));
    let route = &blueprint.routes[1];
    assert!(matches!(&route.matcher.path, PathMatch::Prefix(path) if &**path == "/a"));
    assert_eq!(route.matcher.host, Some(HostPattern::Below(".shop.test".into())));
    assert_eq!(route.matcher.headers, [("x-beta".into(), "1".into())]);
    assert_eq!(route.rewrite.add_prefix.as_deref(), Some("/v1"));
    assert_eq!(route.request_headers.set, [("x-a".into(), "1".into())]);
    assert_eq!(route.request_headers.remove, [Box::<str>::from("x-b")]);
    let Destination::Upstream(id) = &route.destination else { panic!("one upstream") };
    assert_eq!(&*blueprint.upstreams[id.index()].settings.name, "b");
}
