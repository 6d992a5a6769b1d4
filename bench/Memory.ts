/**
 * Bytes of process memory per live datastream: DATASTREAMS. Every datastream has learned an hour of its baseline, has an open
 * five-minute window and open panes; counted as growth of the resident set, collected before and after. Speed is that of the
 * second pass, when every datastream exists.
 */
import { SensorShard } from "../src/actors/SensorStage.ts"
import { shards } from "../src/schemas/Shards.ts"
import { cpuSeconds } from "./Child.ts"
import { generate } from "./Workload.ts"

const datastreams = Number(process.argv[2])
const collect = globalThis.gc ?? (() => undefined)
const states = new Map(shards.map((shard) => [shard, new SensorShard(shard, undefined)]))

collect()
const before = process.memoryUsage().rss
let applying = 0
let observations = 0
// Five minutes apart for a bit more than an hour: windows of all sizes close, and one hour is learned.
generate({ datastreams, rounds: 16, intervalMillis: 300_000 }, (shard, payload) => {
  const state = states.get(shard) as SensorShard
  const begun = process.cpuUsage()
  state.apply(0, payload, undefined)
  applying += cpuSeconds(begun)
  observations += new DataView(payload.buffer).getUint32(32, true)
  if (state.pendingRows > 20_000) state.changes()
})
for (const state of states.values()) state.changes()
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
