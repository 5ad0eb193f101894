-- Takes tokens from the buckets KEYS, from all of them or from none.
--
-- ARGV, per key: nanoseconds in which one token comes back, tokens a full bucket holds, tokens asked for, tokens wanted
-- beyond that. The reply has five whole numbers per key: 1 if the bucket held what was asked for (otherwise 0), whole
-- tokens left, extra tokens taken, nanoseconds until the bucket is full, nanoseconds until it holds what was asked for.
--
-- A bucket is kept as what it lacks: "MICROSECONDS DEBT", the moment of the last change on this server's clock and the
-- nanoseconds of refill that were missing then. Numbers of Lua are doubles, exact up to 2^53: enough for microseconds
-- since 1970, not for nanoseconds, and enough for the nanoseconds of a debt (104 days).

local EXACT = 9007199254740992
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local buckets = {}
local admitted = true

for number, key in ipairs(KEYS) do
    local at = number * 4 - 3
    local bucket = {
        interval = tonumber(ARGV[at]),
        cost = tonumber(ARGV[at + 2]),
        extra = tonumber(ARGV[at + 3]),
        debt = 0,
        ahead = false,
        smaller = false,
    }
    bucket.room = bucket.interval * tonumber(ARGV[at + 1])
    local kept = redis.call('GET', key)
    local since, debt
    if kept then
        since, debt = string.match(kept, '^(%d+) (%d+)$')
    end
    if debt then
        local elapsed = now - tonumber(since)
        -- A clock that was set back, or another server's after a failover, must not stop the refill.
        bucket.ahead = elapsed < 0
        bucket.debt = math.max(0, tonumber(debt) - math.max(0, elapsed) * 1000)
        -- The bucket may have been larger before the configuration changed, and lack more than it holds now. Nobody is to
        -- wait for that.
        bucket.smaller = bucket.debt > bucket.room
        bucket.debt = math.min(bucket.debt, bucket.room)
    end
    bucket.short = bucket.cost * bucket.interval - (bucket.room - bucket.debt)
    admitted = admitted and bucket.short <= 0
    buckets[number] = bucket
end

local reply = {}
for number, bucket in ipairs(buckets) do
    local granted = 0
    if admitted then
        bucket.debt = bucket.debt + bucket.cost * bucket.interval
        granted = math.min(bucket.extra, math.floor((bucket.room - bucket.debt) / bucket.interval))
        bucket.debt = bucket.debt + granted * bucket.interval
    end
    if admitted or bucket.ahead or bucket.smaller then
        -- A full bucket need not be kept; one second more, so that no clock is so bad that it is forgotten early.
        local expiry = math.min(math.ceil(bucket.debt / 1000000) + 1000, 315360000000)
        redis.call('SET', KEYS[number], string.format('%.0f %.0f', now, bucket.debt), 'PX', string.format('%.0f', expiry))
    end
    reply[#reply + 1] = bucket.short <= 0 and 1 or 0
    reply[#reply + 1] = math.floor((bucket.room - bucket.debt) / bucket.interval)
    reply[#reply + 1] = granted
    reply[#reply + 1] = math.min(bucket.debt, EXACT)
    reply[#reply + 1] = math.min(math.max(0, bucket.short), EXACT)
end
return reply
