/**
 * One five-minute window of a district, put together from what the shards of its sensors give out.
 *
 *     provisional ──► replaced by the final one of the same shard ──► additions are merged into it
 *
 * Partials carry the time at which they were given out, and are taken in by time, not in the order they arrive: `fold(t)` takes
 * in what was given out up to `t`, shard by shard in the order of their numbers. So the same partials give the same bits, however
 * the shards interleave. Promise: once every shard's part is final only the merged partials are kept.
 */
import { observedProperties } from "../schemas/ObservedProperties.ts"
import { partialWords } from "../schemas/PartialsCodec.ts"
import * as Partial from "./Partial.ts"
import { type Phase, phases } from "./ShardPartials.ts"
import type { WordWriter } from "./WordWriter.ts"

interface Version {
  readonly time: number
  readonly phase: Phase
  readonly words: Float64Array
}

/** What one shard says of one property. */
interface Part {
  /** As of what was taken in; `undefined` before. */
  words: Float64Array | undefined
  isFinal: boolean
  /** Given out, not taken in yet, ascending by time. */
  waiting: Array<Version>
}

/** More than there are shards, so that parts of one property are neighbours. */
const shardsMax = 64

const aggregationOf = (property: number) => observedProperties[property]?.aggregation ?? "arithmetic"

export class DistrictWindow {
  /** Epoch milliseconds. */
  readonly start: number
  /** −1 before it was published. */
  revision = -1
  isFinal = false
  /** Revision of the hour that ends with this window; −1 before it was published. */
  hourRevision = -1
  /** By property number, ascending: all shards together, as of what was taken in. */
  merged = new Map<number, Float64Array>()
  private readonly parts = new Map<number, Part>()

  constructor(start: number) {
    this.start = start
  }

  push(shard: number, property: number, time: number, phase: Phase, words: Float64Array): void {
    const key = property * shardsMax + shard
    let part = this.parts.get(key)
    if (part === undefined) {
      part = { words: undefined, isFinal: false, waiting: [] }
      this.parts.set(key, part)
    }
    part.waiting.push({ time, phase, words: words.slice() })
  }

  /** Takes in what was given out up to `time`; the properties that changed, ascending. */
  fold(time: number): ReadonlyArray<number> {
    const changed = new Set<number>()
    for (const key of [...this.parts.keys()].sort((a, b) => a - b)) {
      const part = this.parts.get(key) as Part
      const property = Math.floor(key / shardsMax)
      let taken = 0
      for (const version of part.waiting) {
        if (version.time > time) break
        taken++
        changed.add(property)
        if (this.isFinal) this.addLate(property, version)
        else takeIn(part, property, version)
      }
      part.waiting.splice(0, taken)
    }
    if (!this.isFinal) this.mergeParts(changed)
    for (const [key, part] of this.parts) if (this.isFinal && part.waiting.length === 0) this.parts.delete(key)
    return [...changed].sort((a, b) => a - b)
  }

  /** A final window takes in whatever else comes, but no second look at what it has. */
  private addLate(property: number, { phase, words }: Version): void {
    if (phase === phases.provisional) return
    const into = this.merged.get(property)
    if (into === undefined) this.setMerged(property, words)
    else Partial.merge(into, 0, words, 0, aggregationOf(property))
  }

  private mergeParts(changed: ReadonlySet<number>): void {
    const keys = [...this.parts.keys()].sort((a, b) => a - b)
    for (const property of changed) {
      let sum: Float64Array | undefined
      for (const key of keys) {
        if (Math.floor(key / shardsMax) !== property) continue
        const words = this.parts.get(key)?.words
        if (words === undefined) continue
        if (sum === undefined) sum = words.slice()
        else Partial.merge(sum, 0, words, 0, aggregationOf(property))
      }
      if (sum !== undefined) this.setMerged(property, sum)
    }
    this.isFinal = keys.length > 0
      && keys.every((key) => this.parts.get(key)?.isFinal === true || this.parts.get(key)?.words === undefined)
      && keys.some((key) => this.parts.get(key)?.isFinal === true)
  }

  private setMerged(property: number, words: Float64Array): void {
    const isNew = !this.merged.has(property)
    this.merged.set(property, words)
    if (isNew) this.merged = new Map([...this.merged].sort(([a], [b]) => a - b))
  }

  /** All of it as words. */
  write(writer: WordWriter): void {
    const put = (...values: ReadonlyArray<number>): void => {
      writer.reserve(values.length)
      for (const value of values) writer.words[writer.length++] = value
    }
    put(this.start, this.revision, this.isFinal ? 1 : 0, this.hourRevision, this.merged.size, this.parts.size)
    for (const [property, words] of this.merged) {
      put(property)
      writer.copy(words, 0, partialWords)
    }
    for (const [key, { isFinal, waiting, words }] of this.parts) {
      put(key, isFinal ? 1 : 0, words === undefined ? 0 : 1, waiting.length)
      if (words !== undefined) writer.copy(words, 0, partialWords)
      for (const version of waiting) {
        put(version.time, version.phase)
        writer.copy(version.words, 0, partialWords)
      }
    }
  }

  static read(from: Float64Array): DistrictWindow {
    let at = 0
    const next = (): number => from[at++] as number
    const words = (): Float64Array => from.slice(at, at += partialWords)
    const window = new DistrictWindow(next())
    window.revision = next()
    window.isFinal = next() === 1
    window.hourRevision = next()
    const [merged, parts] = [next(), next()]
    for (let i = 0; i < merged; i++) window.merged.set(next(), words())
    for (let i = 0; i < parts; i++) {
      const key = next()
      const isFinal = next() === 1
      const hasWords = next() === 1
      const waiting = next()
      window.parts.set(key, {
        isFinal,
        words: hasWords ? words() : undefined,
        waiting: Array.from({ length: waiting }, () => ({ time: next(), phase: next() as Phase, words: words() }))
      })
    }
    return window
  }

  /** Times at which something is still to be taken in. */
  *times(): Generator<number> {
    for (const { waiting } of this.parts.values()) for (const { time } of waiting) yield time
  }
}

const takeIn = (part: Part, property: number, { phase, words }: Version): void => {
  if (phase === phases.addition && part.words !== undefined) {
    Partial.merge(part.words, 0, words, 0, aggregationOf(property))
  } else part.words = words
  if (phase !== phases.provisional) part.isFinal = true
}
