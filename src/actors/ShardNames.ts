/** Names of singletons and entities that must live on the runner of a given shard. */
import { shardOf } from "../schemas/Shards.ts"

/** A name with this prefix that hashes into `shard`. */
export const nameInShard = (prefix: string, shard: number): string => {
  for (let salt = 0;; salt++) {
    const name = `${prefix}-${shard}-${salt}`
    if (shardOf(name) === shard) return name
  }
}
