-- Takes tokens for one question after another; each gets all that it asks for, or nothing.
--
-- KEYS are the buckets. ARGV: how many runs of equal questions; per bucket nanoseconds in which one token comes back, and
-- tokens a full bucket holds; per run how many questions it is, how many charges each has, and per charge the number of its
-- bucket, tokens asked for, and tokens wanted beyond that. The reply has whole numbers: per run how many of its questions
-- were granted, which are the first ones, and per charge extra tokens taken, nanoseconds until the bucket is full after the
-- run, and nanoseconds until it holds what a refused question asked for, 0 if it did or none was refused.
--
-- A bucket is kept as what it lacks: "MICROSECONDS DEBT", the moment of the last change on this server's clock and the
-- nanoseconds of refill that were missing then. Numbers of Lua are doubles, exact up to 2^53: enough for microseconds
-- since 1970, not for nanoseconds, and enough for the nanoseconds of a debt (104 days).

local tonumber, max, min, floor = tonumber, math.max, math.min, math.floor
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local kept = redis.call('MGET', unpack(KEYS))
local interval, room, debt, changed = {}, {}, {}, {}
local at = 2

for bucket = 1, #KEYS do
    interval[bucket] = tonumber(ARGV[at])
    room[bucket] = interval[bucket] * tonumber(ARGV[at + 1])
    debt[bucket] = 0
    at = at + 2
    local since, missing
    if kept[bucket] then
        since, missing = string.match(kept[bucket], '^(%d+) (%d+)$')
    end
    if missing then
        local elapsed = now - tonumber(since)
        -- A clock that was set back, or another server's after a failover, must not stop the refill.
        missing = max(0, tonumber(missing) - max(0, elapsed) * 1000)
        -- The bucket may have been larger before the configuration changed, and lack more than it holds now. Nobody is to
        -- wait for that.
        debt[bucket] = min(missing, room[bucket])
        changed[bucket] = elapsed < 0 or missing > room[bucket]
    end
end

local reply, said = {}, 0
local of, asked, extra, short = {}, {}, {}, {}
for _ = 1, tonumber(ARGV[1]) do
    local questions, charges = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    at = at + 2
    reply[said + 1] = 0
    for charge = 1, charges do
        local bucket = tonumber(ARGV[at])
        of[charge] = bucket
        asked[charge] = tonumber(ARGV[at + 1]) * interval[bucket]
        extra[charge] = tonumber(ARGV[at + 2])
        reply[said + 3 * charge - 1] = 0
        at = at + 3
    end
    local granted, admitted = 0, true
    while admitted and granted < questions do
        for charge = 1, charges do
            local bucket = of[charge]
            short[charge] = max(0, asked[charge] - (room[bucket] - debt[bucket]))
            admitted = admitted and short[charge] == 0
        end
        if admitted then
            granted = granted + 1
            for charge = 1, charges do
                local bucket = of[charge]
                local lacks = debt[bucket] + asked[charge]
                local more = 0
                if extra[charge] > 0 then
                    more = min(extra[charge], floor((room[bucket] - lacks) / interval[bucket]))
                    reply[said + 3 * charge - 1] = more
                end
                debt[bucket] = lacks + more * interval[bucket]
                changed[bucket] = true
            end
        end
    end
    reply[said + 1] = granted
    for charge = 1, charges do
        reply[said + 3 * charge] = debt[of[charge]]
        reply[said + 3 * charge + 1] = short[charge]
    end
    said = said + 1 + 3 * charges
end

for bucket = 1, #KEYS do
    if changed[bucket] then
        -- A full bucket need not be kept; one second more, so that no clock is so bad that it is forgotten early.
        local expiry = min(math.ceil(debt[bucket] / 1000000) + 1000, 315360000000)
        local value = string.format('%.0f %.0f', now, debt[bucket])
        redis.call('SET', KEYS[bucket], value, 'PX', string.format('%.0f', expiry))
    end
end
return reply
