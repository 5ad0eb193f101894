-- A small JSON answer over keep-alive connections. How many connections is the caller's choice:
--   wrk -t1 -c64 -d5s --latency -s wrk-scripts/json.lua http://127.0.0.1:8080

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "report.lua")

wrk.method = "GET"
wrk.path = "/json"
