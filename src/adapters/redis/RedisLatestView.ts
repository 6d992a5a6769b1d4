/**
 * The view of the latest values in Redis: one hash per shard, with the blocks of its sensors and who wrote them up to where. Everything
 * of a shard is in one key, so that one script can check and write it in one step, and so that it expires as a whole. Keys carry the
 * identity of the city's log and the version of the bytes: another city, or another version of us, never meets them.
 */
import { Duration, Effect } from "effect"
import type { Redis } from "ioredis"
import {
  expiry,
  type LatestBlocks,
  type LatestChange,
  type LatestViewService,
  LatestViewUnavailable,
  type LatestWrite,
  type LatestWritten,
  patience
} from "../../ports/LatestView.ts"
import { latestLayout } from "../../schemas/LatestBlock.ts"
import { type RedisConnection, RedisKeyRefused } from "./RedisConnection.ts"

/** A shard of a large city is a megabyte. */
const writePatience = Duration.seconds(2)

/**
 * Keys: that of the shard. Arguments: epoch, position, revision that is continued (0: this is the whole shard), sensors,
 * milliseconds until it expires, then names and bytes of parts. Answers the new revision; 0: superseded; −1: incomplete.
 */
const keepScript = `
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'position', 'revision')
if kept[1] then
  local epoch, position = tonumber(kept[1]), tonumber(kept[2])
  if epoch > tonumber(ARGV[1]) or (epoch == tonumber(ARGV[1]) and position > tonumber(ARGV[2])) then return 0 end
elseif redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.error_reply('WRONGTYPE a hash of somebody else')
end
local revision = 1
if ARGV[3] == '0' then
  if kept[1] then redis.call('DEL', KEYS[1]) end
else
  if kept[1] ~= ARGV[1] or kept[3] ~= ARGV[3] then return -1 end
  revision = tonumber(kept[3]) + 1
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'position', ARGV[2], 'revision', revision, 'sensors', ARGV[4])
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return revision
`

export interface RedisKeys {
  readonly shard: (shard: number) => string
  readonly trial: string
  readonly requests: (key: string) => string
}

/** `stream`: identity of the log of the observations. */
export const keysOf = (stream: string): RedisKeys => ({
  shard: (shard) => `vicinity:${stream}:latest${latestLayout}:${shard}`,
  trial: `vicinity:${stream}:trial`,
  requests: (key) => `vicinity:${stream}:requests:${key}`
})

const expiryMillis = Duration.toMillis(expiry)

/** Writes and reads what nobody else looks at; fails where Redis would not take the rest either. */
export const trialOf = (keys: RedisKeys) => async (client: Redis): Promise<void> => {
  await client.eval(keepScript, 1, keys.trial, 1, 0, 0, 0, expiryMillis, "f0", "{}")
  await client.hmget(keys.trial, "sensors", "f0")
}

const partsOf = ({ block, facts, values }: LatestChange): Array<string | Buffer> => {
  const parts: Array<string | Buffer> = []
  if (facts !== undefined) parts.push(`f${block}`, bufferOf(facts))
  if (values !== undefined) parts.push(`v${block}`, bufferOf(values))
  return parts
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const writtenOf = (answer: unknown): LatestWritten => {
  const revision = Number(answer)
  if (revision > 0) return { _tag: "kept", revision }
  return revision === 0 ? { _tag: "superseded" } : { _tag: "incomplete" }
}

/** `sensors` and then facts and values in turn; nothing where the shard is not there. */
const blocksOf = ([sensors, ...parts]: ReadonlyArray<Buffer | null>): LatestBlocks | undefined => {
  if (sensors === null || sensors === undefined) return undefined
  const blocks: Array<{ facts: Uint8Array; values: Uint8Array }> = []
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const facts = parts[i]
    const values = parts[i + 1]
    if (!facts || !values) break
    blocks.push({ facts, values })
  }
  return { sensors: Number(sensors.toString()), blocks }
}

export const make = (connection: RedisConnection, keys: RedisKeys): LatestViewService => {
  /** Shards whose key holds something of somebody else. */
  const foreign = new Set<number>()

  const ask = <A>(shard: number, question: (client: Redis) => Promise<A>, within: Duration.Duration) =>
    Effect.matchEffect(connection.ask(question, within), {
      onSuccess: (answer) => {
        foreign.delete(shard)
        return Effect.succeed(answer)
      },
      onFailure: (error) => {
        if (error instanceof RedisKeyRefused) foreign.add(shard)
        return Effect.fail(new LatestViewUnavailable({ detail: error.detail }))
      }
    })

  const foreignDetail = (): string => {
    const [shard = 0] = foreign
    const more = foreign.size > 1 ? ` and ${foreign.size - 1} more keys` : ""
    return `Redis at ${connection.place} has something else under ${keys.shard(shard)}${more}; it is left alone: `
      + "delete it, or name another database in the URL"
  }

  return {
    write: ({ after, changes, epoch, position, sensors, shard }: LatestWrite) =>
      Effect.map(
        ask(
          shard,
          (client) =>
            client.eval(
              keepScript,
              1,
              keys.shard(shard),
              epoch,
              position,
              after ?? 0,
              sensors,
              expiryMillis,
              ...changes.flatMap(partsOf)
            ),
          writePatience
        ),
        writtenOf
      ),
    read: (shard, first, count) => {
      const fields = ["sensors"]
      for (let block = first; block < first + count; block++) fields.push(`f${block}`, `v${block}`)
      return Effect.map(ask(shard, (client) => client.hmgetBuffer(keys.shard(shard), ...fields), patience), blocksOf)
    },
    status: Effect.sync(() => {
      const detail = connection.trouble()
      if (detail !== undefined) return { state: "away", detail }
      return foreign.size > 0
        ? { state: "partly", detail: foreignDetail() }
        : { state: "up", detail: `Redis at ${connection.place} has the latest values` }
    })
  }
}
