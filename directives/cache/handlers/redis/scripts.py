"""What happens inside Redis, each in one step that nobody sees half done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, and the hash by which the server knows it once it has run."""

    source: bytes = field(repr=False)
    sha: bytes

    @classmethod
    def of(cls, source: str) -> Script:
        """A script from its text."""
        data = source.encode()
        return cls(data, hashlib.sha1(data, usedforsecurity=False).hexdigest().encode())


# KEYS: the store's beginning, the entry, the marks of its tags. ARGV: a new seal, the times of an empty mark, the bytes
# before and after the seals, how long the entry and a new mark are kept (ms), the beginning that the computation saw. A mark
# outlives the entries it was set with by an hour.
SET = Script.of("""
if ARGV[7] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[7] then return 0 end
local seals = {}
for i = 3, #KEYS do
  local mark = redis.call('GET', KEYS[i])
  if mark and #mark == 32 then
    seals[i - 2] = string.sub(mark, 1, 8)
    if redis.call('PTTL', KEYS[i]) < ARGV[5] + 3600000 then
      redis.call('PEXPIRE', KEYS[i], ARGV[6])
    end
  else
    seals[i - 2] = ARGV[1]
    redis.call('SET', KEYS[i], ARGV[1] .. ARGV[2], 'PX', ARGV[6])
  end
end
redis.call('SET', KEYS[2], ARGV[3] .. table.concat(seals) .. ARGV[4], 'PX', ARGV[5])
return 1
""")

# KEYS: the marks. ARGV: a new seal, the times of the mark, how long it is kept (ms). As ``TagMark.merge``.
MARK = Script.of("""
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local expired2, stale2, due2 = struct.unpack('>ddd', ARGV[2])
for _, key in ipairs(KEYS) do
  local old = redis.call('GET', key)
  local new = ARGV[1] .. ARGV[2]
  if old and #old == 32 then
    local expired1, stale1, due1 = struct.unpack('>ddd', string.sub(old, 9))
    local expired = math.max(expired1, expired2)
    if due1 <= now then expired = math.max(expired, stale1) end
    local due = due2
    if stale1 > expired then due = math.min(due1, due2) end
    new = string.sub(old, 1, 8) .. struct.pack('>ddd', expired, math.max(stale1, stale2), due)
  end
  local keep = math.max(redis.call('PTTL', key), tonumber(ARGV[3]))
  redis.call('SET', key, new, 'PX', string.format('%.0f', keep))
end
return 1
""")

# KEYS: the store's beginning, the lease. ARGV: a new beginning, how long it is kept (ms), a token, how long (ms). Asked twice
# with one token, because the first answer was lost, it is taken once. The reply is the beginning.
ACQUIRE = Script.of("""
local held = redis.call('GET', KEYS[2])
if held and held ~= ARGV[3] then return false end
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
return redis.call('GET', KEYS[1])
""")

# KEYS: the lease. ARGV: the token, how long from now (ms).
EXTEND = Script.of("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")

# KEYS: the lease, its bell. ARGV: the token, how long the bell is heard by those who come late (ms).
RELEASE = Script.of("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[2], '1')
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
""")

# KEYS: the lease. Who holds it, and for how long still (ms).
HOLDER = Script.of("""
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
""")
