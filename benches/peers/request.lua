-- One POST with the same body for both servers. The answers are counted by wrk; the percentiles
-- leave as one line of JSON, in microseconds.
wrk.method = "POST"
wrk.body = os.getenv("BENCH_BODY")
wrk.headers["content-type"] = "application/json"
if os.getenv("BENCH_TOKEN") then
  wrk.headers["authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"duration":%d,"p50":%d,"p99":%d,"failed":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
