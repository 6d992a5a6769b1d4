/**
 * The partials of a sensor shard: when they are given out, and how they are stored beside the records of the datastreams. The
 * time of it is that of ticks, because one clock writes those.
 */
import { Schema } from "effect"
import { type Datastreams, fiveMinutes } from "../analytics/Datastreams.ts"
import { wordsOf, WordWriter } from "../analytics/WordWriter.ts"
import type { Append } from "../ports/ShardedLog.ts"
import type { StatePart } from "../ports/ShardStore.ts"
import { DistrictNumbers } from "./DistrictNumbers.ts"
import { GivenPartials } from "./GivenPartials.ts"

const minute = 60_000
/** How long after the lateness of its observations a window is final: what is on its way for longer comes as an addition. */
const transportMillis = 5 * minute

/**
 * Numbers of the parts of the state that are no groups of slots: the partials of open windows (in a ring of rows, as a window
 * is gone when its row comes again), those added to final ones, and the districts by number.
 */
const parts = { windows: 2 ** 29, added: 2 ** 30, districts: 2 ** 30 + 1 } as const
/** More five-minute windows than can be open at once: the longest lateness is a day. */
const windowRows = 512

const writer = new WordWriter()

export const SensorPartialsState = Schema.Struct({
  /** Whole minute up to which partials were given out, epoch milliseconds. */
  givenTo: Schema.Finite,
  /** Starts up to which windows were given out as final, and as provisional. */
  finalThrough: Schema.Finite,
  provisionalThrough: Schema.NullOr(Schema.Finite)
})
export type SensorPartialsState = typeof SensorPartialsState.Type

export class SensorPartials {
  readonly districts = new DistrictNumbers()
  private readonly given = new GivenPartials(this.districts)
  private readonly streams: Datastreams
  /** Whole minute up to which partials were given out. */
  private givenTo: number
  /** Milliseconds from the end of a window until it is final. */
  private finalAfter: number

  /** `longestLateness` in milliseconds. */
  constructor(streams: Datastreams, state: SensorPartialsState | undefined, longestLateness: number) {
    this.streams = streams
    this.givenTo = state?.givenTo ?? -Infinity
    this.finalAfter = longestLateness + transportMillis
    streams.partials.tables.finalThrough = state?.finalThrough ?? -Infinity
    streams.partials.provisionalThrough = state?.provisionalThrough ?? -Infinity
  }

  get state(): SensorPartialsState | undefined {
    if (this.givenTo === -Infinity) return undefined
    const { provisionalThrough, tables } = this.streams.partials
    return {
      givenTo: this.givenTo,
      finalThrough: tables.finalThrough,
      provisionalThrough: provisionalThrough === -Infinity ? null : provisionalThrough
    }
  }

  setLongestLateness(millis: number): void {
    this.finalAfter = millis + transportMillis
  }

  /** It is `now` by a tick, which is the record `sequence`. Whether anything was given out. */
  tick(now: number, sequence: number, isHistory: boolean): boolean {
    const whole = Math.floor(now / minute) * minute
    if (whole <= this.givenTo) return false
    this.given.add(whole, sequence, this.streams.partials.give(whole, this.finalAfter, !isHistory))
    this.givenTo = whole
    return true
  }

  get waiting(): number {
    return this.given.waiting
  }

  take(sourceShard: number): ReadonlyArray<Append> {
    return this.given.take(sourceShard)
  }

  /** What is to be stored since the last call. */
  changed(): ReadonlyArray<StatePart> {
    const { tables } = this.streams.partials
    const changed: Array<StatePart> = []
    for (const start of tables.changed) {
      tables.writeOpen(start, writer)
      changed.push({ number: parts.windows + Math.floor(start / fiveMinutes) % windowRows, bytes: writer.take() })
    }
    tables.changed.clear()
    if (tables.addedChanged) {
      tables.addedChanged = false
      tables.writeAdded(writer)
      changed.push({ number: parts.added, bytes: writer.take() })
    }
    if (this.districts.changed) changed.push({ number: parts.districts, bytes: this.districts.write() })
    return changed
  }

  /** Takes a part back; false where it is none of these. */
  restore({ bytes, number }: StatePart): boolean {
    if (number < parts.windows) return false
    if (number === parts.districts) {
      this.districts.read(bytes)
      this.streams.partials.hasDistricts = true
    } else if (number === parts.added) this.streams.partials.tables.readAdded(wordsOf(bytes))
    else this.streams.partials.tables.readOpen(wordsOf(bytes))
    return true
  }
}
