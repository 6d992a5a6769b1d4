/**
 * Bytes of process memory per live datastream: DATASTREAMS. Every datastream has learned an hour of its baseline, has an open
 * five-minute window and open panes. Resident: growth of the process, with what the allocator keeps of the buffers of commits and
 * batches. Live: growth of heap and buffers after a collection.
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
const live = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
const before = process.memoryUsage().rss
const liveBefore = live()
let applying = 0
let observations = 0
const apply = (shard: number, payload: Uint8Array): void => {
  const state = states.get(shard) as SensorShard
  const begun = process.cpuUsage()
  state.apply(0, payload, undefined)
  applying += cpuSeconds(begun)
  observations += new DataView(payload.buffer).getUint32(32, true)
}
for (let round = 0; round < 15; round++) {
  load.round(apply)
  // Windows that wait for their commit are not state: a live city commits every few seconds, here every round.
  for (const state of states.values()) {
    state.changes(writer)
    state.committed()
  }
}
collect()
const bytes = process.memoryUsage().rss - before
const liveBytes = live() - liveBefore
const slabs = Array.from(states.values()).reduce((sum, { streams }) => sum + streams.slab.bytes + streams.pool.bytes, 0)
console.log(JSON.stringify({
  datastreams,
  bytesPerDatastream: bytes / datastreams,
  liveBytesPerDatastream: liveBytes / datastreams,
  slabBytesPerDatastream: slabs / datastreams,
  rssMB: process.memoryUsage().rss / 1e6,
  observationsPerCpuSecond: observations / applying
}))
