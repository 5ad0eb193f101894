-- Takes tokens for one question after another; each gets all that it asks for, or nothing.
--
-- KEYS are the buckets. ARGV: how many questions; per bucket nanoseconds in which one token comes back, and tokens a full
-- bucket holds; per question how many charges, and per charge the number of its bucket, tokens asked for, and tokens wanted
-- beyond that. The reply has three whole numbers per charge: extra tokens taken, nanoseconds until the bucket is full, and
-- nanoseconds until it holds what was asked for, 0 if it did.
--
-- A bucket is kept as what it lacks: "MICROSECONDS DEBT", the moment of the last change on this server's clock and the
-- nanoseconds of refill that were missing then. Numbers of Lua are doubles, exact up to 2^53: enough for microseconds
-- since 1970, not for nanoseconds, and enough for the nanoseconds of a debt (104 days).

local tonumber, max, min = tonumber, math.max, math.min
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
for _ = 1, tonumber(ARGV[1]) do
    local first = at + 1
    local last = at + 3 * tonumber(ARGV[at])
    at = last + 1
    local admitted, place = true, said
    for charge = first, last, 3 do
        local bucket = tonumber(ARGV[charge])
        local short = tonumber(ARGV[charge + 1]) * interval[bucket] - (room[bucket] - debt[bucket])
        admitted = admitted and short <= 0
        place = place + 3
        reply[place] = max(0, short)
    end
    for charge = first, last, 3 do
        local bucket = tonumber(ARGV[charge])
        local granted = 0
        if admitted then
            local lacks = debt[bucket] + tonumber(ARGV[charge + 1]) * interval[bucket]
            granted = min(tonumber(ARGV[charge + 2]), math.floor((room[bucket] - lacks) / interval[bucket]))
            debt[bucket] = lacks + granted * interval[bucket]
            changed[bucket] = true
        end
        reply[said + 1] = granted
        reply[said + 2] = debt[bucket]
        said = said + 3
    end
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
