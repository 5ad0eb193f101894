-- One connection a request: what accepting, closing and the first request of a connection cost.
--   wrk -t1 -c64 -d5s --latency -s wrk-scripts/no-keep-alive.lua http://127.0.0.1:8080

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "report.lua")

wrk.method = "GET"
wrk.path = "/json"
wrk.headers["Connection"] = "close"
