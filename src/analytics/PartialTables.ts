/**
 * The partials of one shard that are still gathered: by window, then by district and property. A window is *open* until it is
 * given out as final; what is added to it afterwards stands apart, to be given out as an addition.
 *
 *     open ── provisional (a copy, with what is still in panes) ── final (gone from here)      added ── addition (gone from here)
 */
import type { Aggregation } from "../schemas/ObservedProperties.ts"
import { partialWords } from "../schemas/PartialsCodec.ts"
import * as Partial from "./Partial.ts"
import type { WordWriter } from "./WordWriter.ts"

/** One number for a district of the shard and a property. */
export const partialKey = (district: number, property: number): number => district * 256 + property
export const districtOfKey = (key: number): number => Math.floor(key / 256)
export const propertyOfKey = (key: number): number => key % 256

export type PartialTable = Map<number, Float64Array>

/** The partial of a key, made where it is not there. */
export const partialOf = (table: PartialTable, key: number, start: number): Float64Array => {
  let words = table.get(key)
  if (words === undefined) {
    words = new Float64Array(partialWords)
    Partial.clear(words, 0, start)
    table.set(key, words)
  }
  return words
}

export class PartialTables {
  /** Windows that start here or before are final. */
  finalThrough = -Infinity
  readonly open = new Map<number, PartialTable>()
  private added = new Map<number, PartialTable>()
  /** Starts of open windows that changed since they were stored. */
  readonly changed = new Set<number>()
  addedChanged = false

  /** Adds what a datastream has in a window, its summary at `source[from…]`; see `Partial.addSensor`. */
  add(
    key: number,
    start: number,
    source: Float64Array,
    from: number,
    aggregation: Aggregation,
    weight: number,
    comparison: number
  ): Float64Array {
    const isFinal = start <= this.finalThrough
    const tables = isFinal ? this.added : this.open
    let table = tables.get(start)
    if (table === undefined) {
      table = new Map()
      tables.set(start, table)
    }
    if (isFinal) this.addedChanged = true
    else this.changed.add(start)
    const words = partialOf(table, key, start)
    Partial.addSensor(words, 0, source, from, aggregation, weight, comparison)
    return words
  }

  /** The table of a window that becomes final now. */
  takeOpen(start: number): PartialTable {
    const table = this.open.get(start) ?? new Map<number, Float64Array>()
    this.open.delete(start)
    this.changed.delete(start)
    return table
  }

  /** A copy of the table of an open window. */
  copyOpen(start: number): PartialTable {
    const copy: PartialTable = new Map()
    for (const [key, words] of this.open.get(start) ?? []) copy.set(key, words.slice())
    return copy
  }

  /** What was added to final windows, by start. */
  takeAdded(): Map<number, PartialTable> {
    const taken = this.added
    if (taken.size > 0) {
      this.added = new Map()
      this.addedChanged = true
    }
    return taken
  }

  writeOpen(start: number, writer: WordWriter): void {
    writeTables(new Map([[start, this.open.get(start) ?? new Map<number, Float64Array>()]]), writer)
  }

  writeAdded(writer: WordWriter): void {
    writeTables(this.added, writer)
  }

  readOpen(words: Float64Array): void {
    for (const [start, table] of readTables(words)) if (start > this.finalThrough) this.open.set(start, table)
  }

  readAdded(words: Float64Array): void {
    this.added = readTables(words)
  }
}

/** As words: of each window its start and how many partials, then of each its key and its words. */
const writeTables = (tables: ReadonlyMap<number, PartialTable>, writer: WordWriter): void => {
  for (const [start, table] of tables) {
    writer.reserve(2 + table.size * (1 + partialWords))
    writer.words[writer.length++] = start
    writer.words[writer.length++] = table.size
    for (const [key, words] of table) {
      writer.words[writer.length++] = key
      writer.copy(words, 0, partialWords)
    }
  }
}

const readTables = (words: Float64Array): Map<number, PartialTable> => {
  const tables = new Map<number, PartialTable>()
  for (let at = 0; at < words.length;) {
    const table: PartialTable = new Map()
    tables.set(words[at] as number, table)
    const end = at + 2 + (words[at + 1] as number) * (1 + partialWords)
    for (at += 2; at < end; at += 1 + partialWords) {
      table.set(words[at] as number, words.slice(at + 1, at + 1 + partialWords))
    }
  }
  return tables
}
