/** One datastream that is told observations, and what was found out of it; stored and read back on demand. */
import { readBaseline, writeBaseline } from "../../src/analytics/BaselineBytes.ts"
import { Datastreams } from "../../src/analytics/Datastreams.ts"
import type { FoundAnomaly } from "../../src/analytics/FoundAnomaly.ts"
import { WordWriter } from "../../src/analytics/WordWriter.ts"
import { observedProperty } from "../../src/schemas/ObservedProperties.ts"

const minute = 60_000
const lateness = 5 * minute
/** A Monday. */
export const start = Date.UTC(2026, 5, 1)

export class WatchedDatastream {
  streams = new Datastreams("UTC")
  now = start
  readonly found: Array<FoundAnomaly> = []
  private readonly property: number

  constructor(property = "vehicle_speed") {
    this.property = observedProperty(property)?.number ?? NaN
    this.streams.add(this.property)
  }

  /** At `time`, now unless said. */
  observe(result: number, time = this.now, resultTime = NaN): this {
    this.streams.observe(0, time, resultTime, result, Math.max(time, this.now), lateness, 7)
    this.found.push(...this.streams.anomalies.take())
    return this
  }

  /** One result after the other, so many minutes apart. */
  send(results: ReadonlyArray<number>, minutes = 1): this {
    for (const result of results) {
      this.now += minutes * minute
      this.observe(result)
    }
    return this
  }

  /** A day and more of 50 ± 2 every five minutes: nothing about it is young any more. */
  grown(): this {
    return this.send(Array.from({ length: 300 }, (_, i) => steadyAt(i)), 5)
  }

  /** Nothing comes for so many minutes. */
  silent(minutes: number): this {
    this.now += minutes * minute
    this.streams.tick(this.now, minute, () => undefined)
    this.found.push(...this.streams.anomalies.take())
    return this
  }

  /** What a crash right after a commit leaves. */
  restart(): this {
    const words = this.words()
    const { slab } = this.streams
    const baseline = slab.binFloats(0) === undefined ? undefined : writeBaseline(slab, 0)
    this.streams = new Datastreams("UTC")
    this.streams.add(this.property)
    this.streams.readSlot(0, words, 0)
    if (baseline !== undefined) readBaseline(this.streams.slab, 0, baseline)
    return this
  }

  words(): Float64Array {
    const writer = new WordWriter()
    this.streams.writeSlot(0, writer)
    return new Float64Array(writer.take().buffer)
  }
}

/** 50 ± 2, never the same twice in a row. */
export const steadyAt = (i: number): number => 50 + [0, 2, -1, 1, -2, 0.5, -0.5][i % 7]!

export const steady = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => steadyAt(i))
