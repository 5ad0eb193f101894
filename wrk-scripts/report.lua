-- Prints one line of JSON when a run ends, for programs that read wrk's results.
-- Not a scenario: the scenario scripts load it from beside themselves.

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'supplex-wrk {"requests":%d,"seconds":%.6f,"bytes":%d,'
      .. '"p50_us":%.1f,"p90_us":%.1f,"p99_us":%.1f,"p999_us":%.1f,'
      .. '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"unfinished":0}}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9),
    e.connect, e.read, e.write, e.status, e.timeout))
end
