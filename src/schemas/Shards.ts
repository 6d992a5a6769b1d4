/**
 * Where an id lives. Promise: `shardOf` is Effect Cluster's own hash (a test holds it against `Sharding.getShardId`), so
 * a producer without a cluster puts an observation on the shard whose runner answers for its sensor.
 */

/** Shards of a deployment: prime, because the hash is even only there (see docs/adr/0003). Numbered 1 to 61. */
export const shardCount = 61

/** All shard numbers. */
export const shards: ReadonlyArray<number> = Array.from({ length: shardCount }, (_, index) => index + 1)

/** The shard (1-based) of an id, out of `count`. */
export const shardOf = (id: string, count: number = shardCount): number => {
  let hash = 5381
  for (let i = id.length - 1; i >= 0; i--) hash = (hash * 33) ^ id.charCodeAt(i)
  const optimized = (hash & 0xbfffffff) | ((hash >>> 1) & 0x40000000)
  return Math.abs(optimized % count) + 1
}
