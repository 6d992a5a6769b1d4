/**
 * One five-minute window of a district, put together from what the shards of its sensors give out.
 *
 *     provisional ──► replaced by the final one of the same shard ──► additions are merged into it
 *
 * Partials carry the time at which they were given out, and are taken in by time, not in the order they arrive: `fold(t)` takes
 * in what was given out up to `t`, property by property, shard by shard in the order of their numbers. So the same partials give
 * the same bits, however the shards interleave. Promise: once every shard's part is final only the merged partials are kept.
 */
import { observedProperties } from "../schemas/ObservedProperties.ts"
import { partialWords } from "../schemas/PartialsCodec.ts"
import * as Partial from "./Partial.ts"
import { type Phase, phases } from "./ShardPartials.ts"
import type { WordWriter } from "./WordWriter.ts"

/** What one shard says of one property: a partial at `words[at…]`. */
interface Part {
  readonly words: Float64Array
  readonly at: number
  readonly isFinal: boolean
}

/** A part that was given out and is not taken in yet. */
interface Version {
  readonly key: number
  readonly time: number
  readonly phase: Phase
  readonly words: Float64Array
  readonly at: number
}

/** More than there are shards, so that parts of one property are neighbours. */
const shardsMax = 64
const propertyOf = (key: number): number => Math.floor(key / shardsMax)

const aggregationOf = (property: number) => observedProperties[property]?.aggregation ?? "arithmetic"

export class DistrictWindow {
  /** Epoch milliseconds. */
  readonly start: number
  /** −1 before it was published. */
  revision = -1
  isFinal = false
  /** By property number, ascending: all shards together, as of what was taken in. */
  merged = new Map<number, Float64Array>()
  private readonly parts = new Map<number, Part>()
  private waiting: Array<Version> = []

  constructor(start: number) {
    this.start = start
  }

  /** The partial at `words[at…]`, which is kept and must not change. */
  push(shard: number, property: number, time: number, phase: Phase, words: Float64Array, at: number): void {
    this.waiting.push({ key: property * shardsMax + shard, time, phase, words, at })
  }

  get isWaiting(): boolean {
    return this.waiting.length > 0
  }

  /** Lets go of what was given out up to `time`; how many partials that were. */
  discard(time: number): number {
    const before = this.waiting.length
    this.waiting = this.waiting.filter((version) => version.time > time)
    return before - this.waiting.length
  }

  /** Takes in what was given out up to `time`; the properties that changed, ascending. */
  fold(time: number): ReadonlyArray<number> {
    const due = this.waiting.filter((version) => version.time <= time)
    if (due.length === 0) return []
    this.waiting = this.waiting.filter((version) => version.time > time)
    due.sort((a, b) => a.key - b.key || a.time - b.time)
    const changed = [...new Set(due.map(({ key }) => propertyOf(key)))]
    if (this.isFinal) { for (const version of due) this.addLate(version) }
    else {
      for (const version of due) this.takeIn(version)
      this.mergeParts(changed)
    }
    return changed
  }

  /** A final window takes in whatever else comes, but no second look at what it has. */
  private addLate({ at, key, phase, words }: Version): void {
    if (phase === phases.provisional) return
    const property = propertyOf(key)
    const into = this.merged.get(property)
    if (into === undefined) this.setMerged(property, words.slice(at, at + partialWords))
    else Partial.merge(into, 0, words, at, aggregationOf(property))
  }

  private takeIn({ at, key, phase, words }: Version): void {
    const isFinal = phase !== phases.provisional
    const before = this.parts.get(key)
    if (phase !== phases.addition || before === undefined) {
      this.parts.set(key, { words, at, isFinal })
      return
    }
    const sum = before.words.slice(before.at, before.at + partialWords)
    Partial.merge(sum, 0, words, at, aggregationOf(propertyOf(key)))
    this.parts.set(key, { words: sum, at: 0, isFinal })
  }

  private mergeParts(changed: ReadonlyArray<number>): void {
    const keys = [...this.parts.keys()].sort((a, b) => a - b)
    for (const property of changed) this.merged.delete(property)
    for (const key of keys) {
      const property = propertyOf(key)
      if (!changed.includes(property)) continue
      const { at, words } = this.parts.get(key) as Part
      const into = this.merged.get(property)
      if (into === undefined) this.merged.set(property, words.slice(at, at + partialWords))
      else Partial.merge(into, 0, words, at, aggregationOf(property))
    }
    this.merged = inOrder(this.merged)
    this.isFinal = [...this.parts.values()].every(({ isFinal }) => isFinal)
    if (this.isFinal) this.parts.clear()
  }

  private setMerged(property: number, words: Float64Array): void {
    this.merged.set(property, words)
    this.merged = inOrder(this.merged)
  }

  /** All of it as words. */
  write(writer: WordWriter): void {
    const put = (...values: ReadonlyArray<number>): void => {
      writer.reserve(values.length)
      for (const value of values) writer.words[writer.length++] = value
    }
    put(this.start, this.revision, this.isFinal ? 1 : 0)
    put(this.merged.size, this.parts.size, this.waiting.length)
    for (const [property, words] of this.merged) {
      put(property)
      writer.copy(words, 0, partialWords)
    }
    for (const [key, { at, isFinal, words }] of this.parts) {
      put(key, isFinal ? 1 : 0)
      writer.copy(words, at, partialWords)
    }
    for (const { at, key, phase, time, words } of this.waiting) {
      put(key, time, phase)
      writer.copy(words, at, partialWords)
    }
  }

  static read(from: Float64Array): DistrictWindow {
    let at = 0
    const next = (): number => from[at++] as number
    const words = (): number => (at += partialWords) - partialWords
    const window = new DistrictWindow(next())
    window.revision = next()
    window.isFinal = next() === 1
    const [merged, parts, waiting] = [next(), next(), next()]
    for (let i = 0; i < merged; i++) {
      const property = next()
      const begin = words()
      window.merged.set(property, from.slice(begin, at))
    }
    for (let i = 0; i < parts; i++) window.parts.set(next(), { isFinal: next() === 1, at: words(), words: from })
    for (let i = 0; i < waiting; i++) {
      window.waiting.push({ key: next(), time: next(), phase: next() as Phase, at: words(), words: from })
    }
    return window
  }

  /** Times at which something is still to be taken in. */
  get times(): ReadonlySet<number> {
    return new Set(this.waiting.map(({ time }) => time))
  }
}

const inOrder = (merged: Map<number, Float64Array>): Map<number, Float64Array> =>
  new Map([...merged].sort(([a], [b]) => a - b))
