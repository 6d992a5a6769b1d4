/**
 * Bytes of process memory per live datastream: DATASTREAMS. Every datastream has learned an hour of its baseline, has an open
 * five-minute window and open panes; counted as growth of the resident set over a process that has the load, but no state.
 */
import { SensorShard } from "../src/actors/SensorStage.ts"
import { WordWriter } from "../src/analytics/WordWriter.ts"
import { shards } from "../src/schemas/Shards.ts"
import { cpuSeconds } from "./Child.ts"
import { makeLoad } from "./Workload.ts"

const datastreams = Number(process.argv[2])
const collect = globalThis.gc ?? (() => undefined)
// Five minutes apart for a bit more than an hour: windows of all sizes close, and one hour is learned.
const load = makeLoad({ datastreams, rounds: 16, intervalMillis: 300_000 })
// One round of the load without state, so that its own buffers are there before the first look.
load.round(() => undefined)
const writer = new WordWriter()
const states = new Map(shards.map((shard) => [shard, new SensorShard(shard, undefined)]))

collect()
const before = process.memoryUsage().rss
let applying = 0
let observations = 0
const apply = (shard: number, payload: Uint8Array): void => {
  const state = states.get(shard) as SensorShard
  const begun = process.cpuUsage()
  state.apply(0, payload, undefined)
  applying += cpuSeconds(begun)
  observations += new DataView(payload.buffer).getUint32(32, true)
  if (state.pendingRows > 20_000) state.changes(writer)
}
for (let round = 0; round < 15; round++) load.round(apply)
for (const state of states.values()) state.changes(writer)
collect()
const bytes = process.memoryUsage().rss - before
const slabs = Array.from(states.values()).reduce((sum, { streams }) => sum + streams.slab.bytes + streams.pool.bytes, 0)
console.log(JSON.stringify({
  datastreams,
  bytesPerDatastream: bytes / datastreams,
  slabBytesPerDatastream: slabs / datastreams,
  rssMB: process.memoryUsage().rss / 1e6,
  observationsPerCpuSecond: observations / applying
}))
