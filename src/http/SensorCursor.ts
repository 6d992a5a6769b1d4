/**
 * Where a list of all sensors goes on: the shard and the number of the next sensor in it. Promise: opaque, versioned, and
 * stable while sensors are added, because shards are walked in order and numbers of a shard only grow.
 */
import { Result } from "effect"
import { Base64Url } from "effect/encoding"
import { shardCount } from "../schemas/Shards.ts"

export interface SensorCursor {
  readonly shard: number
  readonly number: number
}

export const firstSensor: SensorCursor = { shard: 1, number: 0 }

const pattern = /^s1:([1-9]\d{0,3}):(0|[1-9]\d{0,14})$/

export const encodeSensorCursor = (cursor: SensorCursor): string =>
  Base64Url.encode(`s1:${cursor.shard}:${cursor.number}`)

/** `undefined` for what `encodeSensorCursor` has not made. */
export const decodeSensorCursor = (text: string): SensorCursor | undefined => {
  const match = pattern.exec(Result.getOrElse(Base64Url.decodeString(text), () => ""))
  const cursor = match === null ? undefined : { shard: Number(match[1]), number: Number(match[2]) }
  return cursor !== undefined && cursor.shard <= shardCount && encodeSensorCursor(cursor) === text ? cursor : undefined
}
