/**
 * What a city must have found out, by its logs alone: the records of each shard, applied once, in order, in a new state. The code of the
 * stages is that of the product; nothing of what makes them survive (commits, epochs, snapshots, restarts) is used.
 */
import { Effect } from "effect"
import { DistrictStage } from "../src/actors/DistrictStage.ts"
import { type SensorShard, SensorStage } from "../src/actors/SensorStage.ts"
import type { Append, ShardedLog } from "../src/ports/ShardedLog.ts"
import type { AnomalyRow } from "../src/ports/ShardStore.ts"
import { decodeAnomalies } from "../src/schemas/AnomaliesCodec.ts"
import { encodeCityEvent } from "../src/schemas/CityEvent.ts"
import { observedProperties } from "../src/schemas/ObservedProperties.ts"
import { decodePartials, partialWords } from "../src/schemas/PartialsCodec.ts"
import { recordKind } from "../src/schemas/Records.ts"
import { decodeWindows } from "../src/schemas/WindowsCodec.ts"
import { BruteForce } from "./BruteForce.ts"
import { anomalyRow, districtStateRow, districtWindowRow, lateRows, windowRows } from "./CityRows.ts"
import { districtAnswer } from "./LiveAnswers.ts"
import { loggedBatch } from "./LoggedBatch.ts"
import { everyRecord } from "./LogRecords.ts"
import { districtStateRows } from "./StateRows.ts"

/** Records that are applied before what follows from them is taken: as good as any number. */
const recordsAtOnce = 500

export const nameOf = ({ directory }: SensorShard) => (slot: number): string =>
  `${directory.id(directory.sensorOfDatastream(slot))} ${observedProperties[directory.propertyOf(slot)]?.name}`

/** Names an observation in the log, and one that a client saw acknowledged. `datastream`: sensor and property. */
export const observationKey = (datastream: string, phenomenonTime: number, result: number): string =>
  `${datastream} ${phenomenonTime} ${result}`

/** What a record of the partials log says that its source had found out when it had come to `until`; each part as text. */
const partialRows = (shard: number, payload: Uint8Array, until: number): ReadonlyArray<string> => {
  const kind = recordKind(payload)
  if (kind === "windows") {
    const { sourceSequence, sourceShard, windows } = decodeWindows(payload)
    return sourceSequence > until ? [] : windows.map((window) => `${sourceShard} ${Object.values(window).join(" ")}`)
  }
  if (kind === "anomalies") {
    const { found, sourceShard } = decodeAnomalies(payload)
    return found.flatMap((one) => one.sourceSequence > until ? [] : [`${sourceShard}→${shard} ${JSON.stringify(one)}`])
  }
  if (kind !== "partials") return []
  const { at, district, phase, property, rounds, sourceShard, words } = decodePartials(payload)
  return rounds.flatMap(({ from, sourceSequence, time, to }) =>
    sourceSequence > until ? [] : Array.from({ length: to - from }, (_, k) => {
      const i = from + k
      const values = words.subarray(at(i), at(i) + partialWords).join(" ")
      return `${sourceShard}→${shard} ${sourceSequence} ${time} ${district(i)} ${property(i)} ${phase(i)} ${values}`
    })
  )
}

/** One shard of the observation log, applied up to and with the position `until`. */
export const sensorPass = Effect.fnUntraced(function*(log: ShardedLog, shard: number, until: number) {
  const state = SensorStage.open(shard, undefined)
  const windows: Array<string> = []
  const late: Array<string> = []
  const partials: Array<string> = []
  /** By slot and when it opened, in the newest revision. */
  const anomalies = new Map<string, AnomalyRow>()
  /** Of every observation in the log. */
  const keys = new Set<string>()
  /** Observations after the position: in the log, in no state. */
  let unapplied = 0
  const plain = new BruteForce()
  const publish = (outputs: ReadonlyArray<Append>): void => {
    for (const { payload, shard: to } of outputs) partials.push(...partialRows(to, payload, Infinity))
  }
  const take = (sequence: number): void => {
    publish([...state.takePrompt(), ...state.outputs(sequence)])
    windows.push(...windowRows(state.streams.takeSealed(), nameOf(state)))
    late.push(...lateRows(state.streams.takeLate(), nameOf(state)))
    for (const row of state.anomalies.takeRows()) anomalies.set(`${row.slot} ${row.opened}`, row)
  }
  yield* everyRecord(log, shard, ({ payload, sequence }) => {
    const isApplied = sequence <= until
    if (recordKind(payload) === "batch") {
      const { header, observations } = loggedBatch(payload)
      for (const { name, phenomenonTime, result } of observations) {
        keys.add(observationKey(name, phenomenonTime, result))
      }
      if (isApplied) plain.batch(header, observations)
      else unapplied += observations.length
    } else if (isApplied) plain.other(payload)
    if (!isApplied) return
    state.apply(sequence, payload, undefined)
    if (sequence % recordsAtOnce === 0) take(sequence)
  })
  take(until)
  return {
    windows,
    late,
    anomalies: Array.from(anomalies.values(), anomalyRow),
    partials,
    keys,
    unapplied,
    plain,
    state
  }
})

type SourceRecord = (payload: Uint8Array) => { readonly sourceShard: number }
const sourceRecords: Readonly<Record<string, SourceRecord>> = {
  windows: decodeWindows,
  partials: decodePartials,
  anomalies: decodeAnomalies
}

/** What was published into one shard of the partials log, each once; `sources`: how far each sensor shard has come. */
export const publishedPartials = Effect.fnUntraced(function*(
  log: ShardedLog,
  shard: number,
  sources: ReadonlyMap<number, number>
) {
  const rows = new Set<string>()
  yield* everyRecord(log, shard, ({ payload }) => {
    const kind = recordKind(payload)
    const decode = sourceRecords[kind]
    if (decode === undefined) return
    const { sourceShard } = decode(payload)
    for (const row of partialRows(shard, payload, sources.get(sourceShard) ?? 0)) rows.add(row)
  })
  return rows
})

/** One shard of the partials log. Rows are those up to the position; events also those after it, which may be published already. */
export const districtPass = Effect.fnUntraced(function*(log: ShardedLog, shard: number, until: number) {
  const state = DistrictStage.open(shard, undefined)
  const windows: Array<string> = []
  const states: Array<string> = []
  const events: Array<string> = []
  const laterEvents: Array<string> = []
  /** What its districts answered, each at some time. */
  const answers: Array<string> = []
  let stateRows: ReadonlyArray<string> | undefined
  yield* everyRecord(log, shard, ({ payload, sequence }) => {
    const isCommitted = sequence <= until
    if (!isCommitted) stateRows ??= districtStateRows(state)
    state.apply(sequence, payload)
    for (const event of state.takePrompt()) (isCommitted ? events : laterEvents).push(encodeCityEvent(event))
    const rows = state.takeRows()
    if (!isCommitted) return
    windows.push(...rows.windows.map(districtWindowRow))
    states.push(...rows.states.map(districtStateRow))
    for (const { district, state } of rows.states) answers.push(districtAnswer(district, JSON.parse(state)))
  })
  return { windows, states, events, laterEvents, answers, stateRows: stateRows ?? districtStateRows(state) }
})
