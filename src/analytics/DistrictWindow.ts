/**
 * One five-minute window of a district, put together from what the shards of its sensors give out.
 *
 *     provisional ──► replaced by the final one of the same shard ──► additions are merged into it
 *
 * Partials carry the time at which they were given out, and are taken in by time, not in the order they arrive: `fold(t)` takes
 * in what was given out up to `t`, property by property, shard by shard in the order of their numbers. So the same partials give
 * the same bits, however the shards interleave. Promise: once every shard's part is final only the merged partials are kept.
 */
import { aggregationOf } from "../schemas/ObservedProperties.ts"
import { partialWords } from "../schemas/PartialsCodec.ts"
import * as Partial from "./Partial.ts"
import type { PartialPool } from "./PartialPool.ts"
import { type Phase, phases } from "./ShardPartials.ts"
import type { WordWriter } from "./WordWriter.ts"

/** What one shard says of one property: a partial of the pool. */
interface Part {
  readonly key: number
  readonly partial: number
  readonly isFinal: boolean
}

/** A part that was given out and is not taken in yet. Those of one key wait in the order of their times. */
interface Version {
  readonly key: number
  readonly time: number
  readonly phase: Phase
  readonly partial: number
}

/** More than there are shards, so that parts of one property are neighbours. */
const shardsMax = 64
const propertyOf = (key: number): number => Math.floor(key / shardsMax)

/** Above the versions of a window that may wait at once. */
const aboveVersions = 2 ** 30
let scratch = new Float64Array(256)

/** In the order of key, then of arrival: a sort of numbers, as that of objects took longer than all the rest. */
const inKeyOrder = (versions: ReadonlyArray<Version>): ReadonlyArray<Version> => {
  const n = versions.length
  if (n > scratch.length) scratch = new Float64Array(2 * n)
  let isSorted = true
  for (let i = 0; i < n; i++) {
    scratch[i] = (versions[i] as Version).key * aboveVersions + i
    if (i > 0 && (scratch[i] as number) < (scratch[i - 1] as number)) isSorted = false
  }
  if (isSorted) return versions
  const order = scratch.subarray(0, n).sort()
  return Array.from(order, (word) => versions[word % aboveVersions] as Version)
}

export class DistrictWindow {
  /** Epoch milliseconds. */
  readonly start: number
  /** −1 before it was published. */
  revision = -1
  isFinal = false
  /** By property number, ascending: all shards together, as of what was taken in. */
  merged = new Map<number, Float64Array>()
  /** A number its shard marks it with while it goes through a record. */
  mark = -1
  private readonly pool: PartialPool
  /** In the order of their keys. */
  private parts: ReadonlyArray<Part> = []
  private waiting: Array<Version> = []

  /** `pool`: that of the district. */
  constructor(start: number, pool: PartialPool) {
    this.start = start
    this.pool = pool
  }

  /** The partial at `words[at…]`, which is copied. */
  push(shard: number, property: number, time: number, phase: Phase, words: Float64Array, at: number): void {
    this.waiting.push({ key: property * shardsMax + shard, time, phase, partial: this.pool.add(words, at) })
  }

  get isWaiting(): boolean {
    return this.waiting.length > 0
  }

  /** Lets go of what was given out up to `time`; how many partials that were. */
  discard(time: number): number {
    const due = this.takeDue(time)
    for (const { partial } of due) this.pool.give(partial)
    return due.length
  }

  /** The window is let go: its parts with it. */
  giveBack(): void {
    this.discard(Infinity)
    for (const { partial } of this.parts) this.pool.give(partial)
    this.parts = []
  }

  /** Takes in what was given out up to `time`; the properties that changed, ascending. */
  fold(time: number): ReadonlyArray<number> {
    const due = inKeyOrder(this.takeDue(time))
    if (due.length === 0) return []
    const changed: Array<number> = []
    for (const { key } of due) if (propertyOf(key) !== changed.at(-1)) changed.push(propertyOf(key))
    if (this.isFinal) { for (const version of due) this.addLate(version) }
    else {
      this.takeIn(due)
      this.mergeParts(changed)
    }
    return changed
  }

  private takeDue(time: number): ReadonlyArray<Version> {
    const all = this.waiting
    if (all.every((version) => version.time <= time)) {
      this.waiting = []
      return all
    }
    this.waiting = all.filter((version) => version.time > time)
    return all.filter((version) => version.time <= time)
  }

  /** A final window takes in whatever else comes, but no second look at what it has. */
  private addLate({ key, partial, phase }: Version): void {
    const property = propertyOf(key)
    const into = this.merged.get(property)
    if (phase === phases.provisional) {
      // It says no more than what is there.
    } else if (into === undefined) this.setMerged(property, this.pool.copy(partial))
    else this.mergeInto(into, partial, property)
    this.pool.give(partial)
  }

  private mergeInto(into: Float64Array, partial: number, property: number): void {
    Partial.merge(into, 0, this.pool.chunk(partial), this.pool.at(partial), aggregationOf(property))
  }

  /** Both in the order of their keys. */
  private takeIn(due: ReadonlyArray<Version>): void {
    const before = this.parts
    const parts: Array<Part> = []
    let next = 0
    for (const version of due) {
      while (next < before.length && (before[next] as Part).key <= version.key) parts.push(before[next++] as Part)
      const last = parts.at(-1)
      if (last?.key === version.key) parts[parts.length - 1] = this.renewed(last, version)
      else parts.push({ key: version.key, partial: version.partial, isFinal: version.phase !== phases.provisional })
    }
    while (next < before.length) parts.push(before[next++] as Part)
    this.parts = parts
  }

  private renewed(before: Part, { key, partial, phase }: Version): Part {
    const isFinal = phase !== phases.provisional
    if (phase !== phases.addition) {
      this.pool.give(before.partial)
      return { key, partial, isFinal }
    }
    const { pool } = this
    const words = pool.chunk(before.partial)
    const aggregation = aggregationOf(propertyOf(key))
    Partial.merge(words, pool.at(before.partial), pool.chunk(partial), pool.at(partial), aggregation)
    pool.give(partial)
    return { key, partial: before.partial, isFinal }
  }

  /** `changed`: ascending, as the parts are. */
  private mergeParts(changed: ReadonlyArray<number>): void {
    let isFinal = true
    let next = 0
    let merging = -1
    let into: Float64Array | undefined
    for (const part of this.parts) {
      if (!part.isFinal) isFinal = false
      const property = propertyOf(part.key)
      while (next < changed.length && (changed[next] as number) < property) next++
      if (changed[next] !== property) continue
      if (property !== merging || into === undefined) {
        merging = property
        into = this.pool.copy(part.partial)
        this.setMerged(property, into)
      } else this.mergeInto(into, part.partial, property)
    }
    this.isFinal = isFinal
    if (!isFinal) return
    for (const { partial } of this.parts) this.pool.give(partial)
    this.parts = []
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
    const { pool } = this
    put(this.start, this.revision, this.isFinal ? 1 : 0)
    put(this.merged.size, this.parts.length, this.waiting.length)
    for (const [property, merged] of this.merged) {
      put(property)
      writer.copy(merged, 0, partialWords)
    }
    for (const { isFinal, key, partial } of this.parts) {
      put(key, isFinal ? 1 : 0)
      writer.copy(pool.chunk(partial), pool.at(partial), partialWords)
    }
    for (const { key, partial, phase, time } of this.waiting) {
      put(key, time, phase)
      writer.copy(pool.chunk(partial), pool.at(partial), partialWords)
    }
  }

  static read(from: Float64Array, pool: PartialPool): DistrictWindow {
    let at = 0
    const next = (): number => from[at++] as number
    const window = new DistrictWindow(next(), pool)
    const words = (): number => pool.add(from, (at += partialWords) - partialWords)
    window.revision = next()
    window.isFinal = next() === 1
    const [merged, parts, waiting] = [next(), next(), next()]
    for (let i = 0; i < merged; i++) {
      const property = next()
      window.merged.set(property, from.slice(at, at += partialWords))
    }
    const read: Array<Part> = []
    for (let i = 0; i < parts; i++) read.push({ key: next(), isFinal: next() === 1, partial: words() })
    window.parts = read
    for (let i = 0; i < waiting; i++) {
      window.waiting.push({ key: next(), time: next(), phase: next() as Phase, partial: words() })
    }
    return window
  }

  /** Times at which something is still to be taken in. */
  get times(): ReadonlySet<number> {
    return new Set(this.waiting.map(({ time }) => time))
  }
}
