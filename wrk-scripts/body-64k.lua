-- A body of 64 KiB over keep-alive connections: what it costs to move bytes, not to parse heads.
--   wrk -t1 -c64 -d5s --latency -s wrk-scripts/body-64k.lua http://127.0.0.1:8080

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "report.lua")

wrk.method = "GET"
wrk.path = "/body-64k"
