/**
 * The number by which the database names a datastream or a sensor: `stage · 2³⁰ + shard · 2²⁴ + slot`, where the sensor stage
 * is 0 and the district stage 1. It fits an `int4`, so a window row stays short, and a shard is one range of keys.
 */
import type { StageName } from "../../ports/ShardStore.ts"

/** Slots of one shard: below this. */
export const slotsMax = 2 ** 24

const stageBase: Readonly<Record<StageName, number>> = { sensor: 0, district: 2 ** 30 }

/** Number of slot 0 of a shard. */
export const shardBase = (stage: StageName, shard: number): number => stageBase[stage] + shard * slotsMax
