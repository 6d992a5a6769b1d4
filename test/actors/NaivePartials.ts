/** What sensor shards give to districts, drawn at random, and computed once more by the obvious formulas from what was sent. */
import { assert } from "@effect/vitest"
import { Schema } from "effect"
import * as Partial from "../../src/analytics/Partial.ts"
import { phases } from "../../src/analytics/ShardPartials.ts"
import { observedProperties } from "../../src/schemas/ObservedProperties.ts"
import { decodePartials, partialWords } from "../../src/schemas/PartialsCodec.ts"
import { encodeTick } from "../../src/schemas/Records.ts"
import { NaiveDatastream } from "../analytics/NaiveModel.ts"
import { batchOf, type Sent, StoredShard } from "./StoredShard.ts"

export const [minute, step, hour] = [60_000, 300_000, 3_600_000]
const monday = Date.UTC(2026, 5, 1)
export const start = monday + 12 * hour
export const [speed, delay, noise, direction] = [0, 3, 10, 14]

export interface Given {
  readonly time: number
  readonly phase: number
  readonly district: string
  readonly property: number
  readonly start: number
  readonly words: ReadonlyArray<number>
}

/** A shard that hands over what it gives out before it is stored, as its processor does. */
export class Giving extends StoredShard {
  readonly given: Array<Given> = []

  take(): this {
    const records = new Map(
      this.shard.takePrompt().map(({ payload }) => {
        const { at, district, phase, property, rounds, words } = decodePartials(payload)
        for (const { from, time, to } of rounds) {
          for (let i = from; i < to; i++) {
            const own = Array.from(words.subarray(at(i), at(i) + partialWords))
            this.given.push({
              time,
              phase: phase(i),
              district: district(i),
              property: property(i),
              start: own[0] ?? NaN,
              words: own
            })
          }
        }
        return [payload, rounds.length]
      })
    )
    assert.isAtMost(records.size, 61)
    return this
  }

  override restart(): this {
    this.take()
    return super.restart()
  }
}

export const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Arrival = Schema.Struct({
  sensor: int(0, 2),
  property: Schema.Literals([speed, delay, noise, direction]),
  minutesAgo: Schema.Union([int(-1, 9), int(-1, 4), int(0, 60)]),
  twenties: int(0, 2),
  result: int(0, 5),
  resultTime: Schema.NullOr(int(0, 2)),
  district: Schema.Literals(["", "kallio", "pasila", "länsi"])
})
const Step = Schema.Union([
  Schema.TaggedStruct("Batch", { observations: Schema.Array(Arrival).check(Schema.isMaxLength(10)) }),
  Schema.TaggedStruct("Batch", { observations: Schema.Array(Arrival).check(Schema.isMaxLength(10)) }),
  Schema.TaggedStruct("Tick", { isHistory: Schema.Boolean }),
  Schema.TaggedStruct("Wait", { seconds: Schema.Union([int(0, 120), int(0, 900)]) })
])
export const History = Schema.Array(Step).check(Schema.isMinLength(1), Schema.isMaxLength(60))
export type Record =
  & { readonly now: number }
  & ({ readonly isHistory: boolean } | { readonly sent: ReadonlyArray<Sent> })

export const recordsOf = (history: typeof History.Type): ReadonlyArray<Record> => {
  let now = start
  return history.flatMap((step): ReadonlyArray<Record> => {
    if (step._tag === "Wait") now += 1000 * step.seconds
    if (step._tag === "Tick") return [{ now, isHistory: step.isHistory }]
    if (step._tag !== "Batch") return []
    const sent = step.observations.map((one): Sent => {
      const at = Math.floor((now - one.minutesAgo * minute) / minute) * minute + one.twenties * 20_000
      const time = Math.min(at, now + minute)
      return {
        sensorId: `sensor ${one.sensor}`,
        property: one.property,
        time,
        resultTime: one.resultTime === null ? undefined : time + 1000 * one.resultTime,
        result: one.result * 61.5 - (one.property === delay ? 120 : 0),
        district: one.district === "" ? undefined : one.district
      }
    })
    return [{ now, sent }]
  })
}

export const encoded = (record: Record): Uint8Array =>
  "sent" in record ? batchOf(record.sent, { receivedAt: record.now }) : encodeTick(record.now, record.isHistory)

const lateness = 5 * minute

export interface NaivePartial {
  readonly values: ReadonlyArray<number>
  readonly means: ReadonlyArray<{ readonly mean: number; readonly weight: number }>
}

/** Every window of every district by name, from the values that count, each in the district it came with first. */
export const naive = (records: ReadonlyArray<Record>): ReadonlyMap<string, NaivePartial> => {
  const streams = new Map<string, { readonly model: NaiveDatastream; readonly districts: Map<string, string> }>()
  let ticked = -Infinity
  for (const record of records) {
    if ("isHistory" in record) {
      if (record.now > ticked) { for (const { model } of streams.values()) model.tick(record.now, 60_000) }
      ticked = Math.max(ticked, record.now)
      continue
    }
    for (const { district = "", property, result, resultTime, sensorId, time } of record.sent) {
      const name = `${property} ${sensorId}`
      const stream = streams.get(name) ?? {
        model: new NaiveDatastream(observedProperties[property]?.aggregation ?? "arithmetic"),
        districts: new Map<string, string>()
      }
      streams.set(name, stream)
      const late = stream.model.counts.late
      stream.model.observe({ time, resultTime, result, receivedAt: record.now, lateness })
      const which = `${time} ${resultTime ?? time} ${result}`
      if (stream.model.counts.late === late && !stream.districts.has(which)) stream.districts.set(which, district)
    }
  }
  const found = new Map<string, { values: Array<number>; means: Array<{ mean: number; weight: number }> }>()
  for (const [name, { districts, model }] of streams) {
    const property = Number(name.split(" ")[0])
    let [flat, before] = [0, NaN]
    for (const [at, values] of Map.groupBy(model.current(), ({ time }) => Math.floor(time / step) * step)) {
      const results = values.map(({ result }) => result)
      const [first = NaN] = results
      const isFlat = results.every((x) => x === first) && first !== 0 && (property === speed || property === noise)
      flat = isFlat ? (first === before ? flat + 1 : 1) : 0
      before = results.at(-1) ?? NaN
      const inDistrict = Map.groupBy(
        values,
        ({ result, resultTime, time }) => districts.get(`${time} ${resultTime} ${result}`) ?? "?"
      )
      for (const [district, own] of inDistrict) {
        if (district === "") continue
        const ownResults = own.map(({ result }) => result)
        const key = `${district} ${property} ${at}`
        const partial = found.get(key) ?? { values: [], means: [] }
        found.set(key, partial)
        partial.values.push(...ownResults)
        partial.means.push({ mean: meanOf(ownResults, property), weight: flat >= 12 ? 0.1 : 1 })
      }
    }
  }
  return found
}

const degree = Math.PI / 180
export const averageOf = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length
/** By the aggregation of the property, in words of its definition. */
const meanOf = (values: ReadonlyArray<number>, property: number): number =>
  property === noise
    ? 10 * Math.log10(averageOf(values.map((x) => 10 ** (x / 10))))
    : property === direction
    ? (Math.atan2(
          averageOf(values.map((x) => Math.sin(x * degree))),
          averageOf(values.map((x) => Math.cos(x * degree)))
        ) / degree + 360) % 360
    : averageOf(values)

export const isFinal = ({ phase }: Given): boolean => phase !== phases.provisional

/** Final partials with their additions, once more merged by name. */
export const merged = (given: ReadonlyArray<Given>): ReadonlyMap<string, Float64Array> => {
  const found = new Map<string, Float64Array>()
  for (const { district, property, start, words } of given.filter(isFinal)) {
    const key = `${district} ${property} ${start}`
    const before = found.get(key)
    const aggregation = observedProperties[property]?.aggregation ?? "arithmetic"
    if (before === undefined) found.set(key, Float64Array.from(words))
    else Partial.merge(before, 0, Float64Array.from(words), 0, aggregation)
  }
  return found
}

export const close = (actual: number, wanted: number): boolean =>
  Math.abs(actual - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted))

/** As equal as words of partials are to be: NaN to NaN, all else bit for bit. */
export const text = (given: ReadonlyArray<Given>): string => given.map((one) => JSON.stringify(one)).join("\n")
