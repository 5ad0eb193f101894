//! Every metric name of the gateway, in one place.

macro_rules! names {
    ($($constant:ident = $name:literal, $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: (&str, &str) = ($name, $help);)*
        /// Every name with its help text.
        pub const ALL: &[(&str, &str)] = &[$(($name, $help)),*];
    };
}

names! {
    REQUESTS = "supplex_requests_total", "Responses sent to clients, by route, method and status code.";
    REQUEST_DURATION = "supplex_request_duration_seconds", "From the first byte of a request to the last byte of its response.";
    OVERHEAD = "supplex_overhead_seconds", "The gateway's own share of an exchange: all of it but waiting for the upstream or the client.";
    UPSTREAM_REQUESTS = "supplex_upstream_requests_total", "Attempts at an endpoint, by result.";
    UPSTREAM_DURATION = "supplex_upstream_duration_seconds", "From sending an attempt to the end of its response head.";
    UPSTREAM_IN_FLIGHT = "supplex_upstream_in_flight", "Attempts in flight at an endpoint.";
    UPSTREAM_POOLED = "supplex_upstream_pooled_connections", "Idle connections to an endpoint, kept for the next request.";
    UPSTREAM_WAITING = "supplex_upstream_waiting", "Exchanges that wait because max_in_flight or the adaptive limit is reached.";
    UPSTREAM_CONCURRENCY_LIMIT = "supplex_upstream_concurrency_limit", "The most exchanges in flight now: max_in_flight, or what adaptive makes of it.";
    ENDPOINT_HEALTHY = "supplex_endpoint_healthy", "Whether probes find an endpoint healthy; 1 without probes.";
    ENDPOINT_EJECTED = "supplex_endpoint_ejected_workers", "How many workers have ejected an endpoint because of failures in their traffic.";
    ENDPOINT_EJECTIONS = "supplex_endpoint_ejections_total", "Ejections of an endpoint by a worker.";
    CONNECTIONS = "supplex_connections", "Client connections, by listener and state.";
    ACCEPTED = "supplex_connections_accepted_total", "Client connections accepted.";
    REFUSED = "supplex_connections_refused_total", "Client connections refused because max_connections was reached.";
    LOCAL_REPLIES = "supplex_local_replies_total", "Responses the gateway made itself, by reason.";
    RATE_LIMIT_DECISIONS = "supplex_rate_limit_decisions_total", "Decisions of rate limits, by what was decided (admitted, refused, shadow) and on what ground.";
    AUTH_DECISIONS = "supplex_auth_decisions_total", "Decisions about the tokens of requests (passed, anonymous, required, invalid, expired, unknown_key, unavailable).";
    AUTH_KEYS = "supplex_auth_keys", "Keys that tokens can be checked with.";
    AUTH_KEY_FETCHES = "supplex_auth_key_fetches_total", "Fetches of key sets, by result (loaded, failed).";
    GENERATION = "supplex_config_generation", "The generation of the running configuration.";
    RELOADS = "supplex_reloads_total", "Reloads, by result (accepted, refused, unchanged).";
    BUILD_INFO = "supplex_build_info", "Always 1; the version is in the labels.";
    BREAKER_STATE = "supplex_breaker_state", "The breaker of an endpoint: 0 closed, 1 half-open, 2 open.";
    BREAKER_TRANSITIONS = "supplex_breaker_transitions_total", "Changes of an endpoint's breaker, by new state and cause.";
    RETRIES = "supplex_retries_total", "Exchanges that were tried again, by result, and retries that the budget did not allow (budget_exhausted).";
    HEDGES = "supplex_hedges_total", "Second attempts that were made because the first took long, by result, and those that the budget did not allow (budget_exhausted).";
    WORKER_BUSY = "supplex_worker_busy_ratio", "Share of the last second that a worker spent working rather than waiting.";
    WORKER_CONNECTIONS = "supplex_worker_connections", "Client connections a worker holds.";
    WORKER_HANDOFFS = "supplex_worker_handoffs_total", "Accepted connections a worker gave to a less loaded one.";
    WORKER_STALLS = "supplex_worker_stalls_total", "Times a worker took over 100 ms to come round its loop.";
    WORKER_LINK_DROPS = "supplex_worker_link_drops_total", "Messages a worker could not leave for another one because its mailbox was full.";
    WORKER_PANICS = "supplex_worker_panics_total", "Exchanges given up because of a defect.";
    WORKER_BUFFERS = "supplex_worker_receive_buffers", "Receive buffers a worker has allocated.";
    LIMIT_STORE_QUESTIONS = "supplex_limit_store_questions_total", "Questions of workers to the stores of limits, by result.";
    LIMIT_STORE_DURATION = "supplex_limit_store_duration_seconds", "Round trips of pipelines to Redis, each with the questions that were waiting.";
    LIMIT_STORE_UP = "supplex_limit_store_up", "1 when a store of limits can be asked; Redis is shown while a limit is kept there.";
    LIMIT_STORE_CONNECTS = "supplex_limit_store_connects_total", "Connections to Redis that were made for limits.";
    ACCESS_LOG_DROPPED = "supplex_access_log_dropped_total", "Access log lines dropped because the writer was behind.";
    ACCESS_LOG_FAILURES = "supplex_access_log_write_failures_total", "Failed writes of the access log, each with the lines it held.";
    SPANS_EXPORTED = "supplex_spans_exported_total", "Spans that the collector took.";
    SPANS_DROPPED = "supplex_spans_dropped_total", "Spans that were dropped, by cause (queue_full, failed, rejected, shutdown).";
    PROCESS_CPU = "process_cpu_seconds_total", "User and system CPU time.";
    PROCESS_OPEN_FDS = "process_open_fds", "Open file descriptors.";
    PROCESS_MAX_FDS = "process_max_fds", "The most file descriptors the process may open.";
    PROCESS_RESIDENT = "process_resident_memory_bytes", "Resident memory.";
    PROCESS_VIRTUAL = "process_virtual_memory_bytes", "Virtual memory.";
    PROCESS_START = "process_start_time_seconds", "When the process started, in seconds since 1970.";
    PROCESS_THREADS = "process_threads", "Threads of the process.";
}
