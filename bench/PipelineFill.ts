/**
 * Writes the log that `Pipeline.ts` and `Districts.ts` read: FOLDER DATASTREAMS ROUNDS INTERVAL_MS [TICKS
 * DISTRICTS]. With TICKS (live or history) each sensor has one datastream and the clock ticks; with 0 DISTRICTS it is in none.
 */
import { Effect } from "effect"
import * as FileLog from "../src/adapters/embedded/FileLog.ts"
import { dataPaths } from "../src/apps/DataPaths.ts"
import type { Append } from "../src/ports/ShardedLog.ts"
import { generate } from "./Workload.ts"

const [folder = "", datastreams, rounds, intervalMillis, ticks, districts] = process.argv.slice(2)
const records: Array<Append> = []
const begun = process.cpuUsage()
generate(
  {
    datastreams: Number(datastreams),
    rounds: Number(rounds),
    intervalMillis: Number(intervalMillis),
    ...(ticks === "live" || ticks === "history" ? { datastreamsPerSensor: 1, ticks } : {}),
    ...(Number(districts ?? 0) === 0 ? {} : { districts: Number(districts) })
  },
  (shard, payload) => records.push({ shard, payload })
)
const encoded = process.cpuUsage(begun)
const observations = Number(datastreams) * Number(rounds)
const bytes = records.reduce((sum, { payload }) => sum + payload.length, 0)

const fill = Effect.gen(function*() {
  const log = yield* FileLog.make({
    folder: dataPaths(folder).observations,
    name: "observations",
    consumers: ["sensor"]
  })
  for (let at = 0; at < records.length; at += 4096) yield* log.append(records.slice(at, at + 4096))
}).pipe(Effect.scoped)

await Effect.runPromise(fill)
console.log(JSON.stringify({
  observations,
  records: records.length,
  bytes,
  encodeMicros: (encoded.user + encoded.system) / observations
}))
