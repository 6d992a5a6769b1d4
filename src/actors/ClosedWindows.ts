/** The five-minute windows that closed, as records for the partials log. */
import { type Datastreams, fiveMinutes } from "../analytics/Datastreams.ts"
import type { Append } from "../ports/ShardedLog.ts"
import { type ClosedWindow, encodeWindows } from "../schemas/WindowsCodec.ts"
import type { SensorDirectory } from "./SensorDirectory.ts"

/** Windows in one record. */
const windowsPerRecord = 4_096

const closedFives = ({ sealed }: Datastreams, directory: SensorDirectory): ReadonlyArray<ClosedWindow> => {
  const closed: Array<ClosedWindow> = []
  for (let i = 0; i < sealed.length; i++) {
    if (sealed.size[i] !== fiveMinutes) continue
    const slot = sealed.slot[i] as number
    closed.push({
      sensorId: directory.id(directory.sensorOfDatastream(slot)),
      property: directory.propertyOf(slot),
      start: sealed.start[i] as number,
      count: sealed.count[i] as number,
      mean: sealed.mean[i] as number,
      min: sealed.min[i] as number,
      max: sealed.max[i] as number
    })
  }
  return closed
}

/** Records of the windows sealed since the last commit; `sequence` is what was applied so far. */
export const closedWindowRecords = (
  streams: Datastreams,
  directory: SensorDirectory,
  sourceShard: number,
  sequence: number
): ReadonlyArray<Append> => {
  const closed = closedFives(streams, directory)
  const records: Array<Append> = []
  for (let from = 0; from < closed.length; from += windowsPerRecord) {
    const windows = closed.slice(from, from + windowsPerRecord)
    records.push({ shard: sourceShard, payload: encodeWindows({ sourceShard, sourceSequence: sequence, windows }) })
  }
  return records
}
