/**
 * The partials of one shard that are still gathered: by window, then by district and property. A window is *open* until it is
 * given out as final; what is added to it afterwards stands apart, to be given out as an addition.
 *
 *     open ── provisional (a copy, with what is still in panes) ── final (gone from here)      added ── addition (gone from here)
 */
import { partialWords } from "../schemas/PartialsCodec.ts"
import * as Partial from "./Partial.ts"
import type { WordWriter } from "./WordWriter.ts"

/** One number for a district of the shard and a property. */
export const partialKey = (district: number, property: number): number => district * 256 + property
export const districtOfKey = (key: number): number => Math.floor(key / 256)
export const propertyOfKey = (key: number): number => key % 256

const partialsMin = 16

/** Partials of one window in one array: an array for each would keep the collector busy. */
export class PartialTable {
  readonly start: number
  /** Where the words of a key begin. */
  readonly at = new Map<number, number>()
  words: Float64Array

  /** Room for so many partials to begin with. */
  constructor(start: number, partials: number = partialsMin) {
    this.start = start
    this.words = new Float64Array(partials * partialWords)
  }

  /** Where the partial of a key begins in `words`, which a new one may replace. */
  of(key: number): number {
    let at = this.at.get(key)
    if (at === undefined) {
      at = this.at.size * partialWords
      if (at === this.words.length) {
        const grown = new Float64Array(2 * at)
        grown.set(this.words)
        this.words = grown
      }
      this.at.set(key, at)
      Partial.clear(this.words, at, this.start)
    }
    return at
  }

  copy(): PartialTable {
    const copy = new PartialTable(this.start, this.words.length / partialWords)
    copy.words.set(this.words)
    for (const [key, at] of this.at) copy.at.set(key, at)
    return copy
  }
}

export class PartialTables {
  /** Windows that start here or before are final. */
  finalThrough = -Infinity
  readonly open = new Map<number, PartialTable>()
  private added = new Map<number, PartialTable>()
  /** Starts of open windows that changed since they were stored. */
  readonly changed = new Set<number>()
  addedChanged = false
  /** Partials of the window that became final last. */
  private usual = partialsMin

  /** The table that takes what is said of a window now. */
  tableOf(start: number): PartialTable {
    const isFinal = start <= this.finalThrough
    const tables = isFinal ? this.added : this.open
    let table = tables.get(start)
    if (table === undefined) {
      table = new PartialTable(start, isFinal ? partialsMin : this.usual)
      tables.set(start, table)
    }
    if (isFinal) this.addedChanged = true
    else this.changed.add(start)
    return table
  }

  /** The table of a window that becomes final now. */
  takeOpen(start: number): PartialTable {
    const table = this.open.get(start) ?? new PartialTable(start, this.usual)
    this.open.delete(start)
    this.changed.delete(start)
    this.usual = Math.max(partialsMin, table.at.size)
    return table
  }

  /** A copy of the table of an open window. */
  copyOpen(start: number): PartialTable {
    return this.open.get(start)?.copy() ?? new PartialTable(start, this.usual)
  }

  /** Whoever is told something provisional of a window is told what is final, if only that there is nothing. */
  keepKeys({ at, start }: PartialTable): void {
    if (at.size === 0) return
    const table = this.tableOf(start)
    for (const key of at.keys()) table.of(key)
  }

  /** What was added to final windows. */
  takeAdded(): Iterable<PartialTable> {
    const taken = this.added
    if (taken.size > 0) {
      this.added = new Map()
      this.addedChanged = true
    }
    return taken.values()
  }

  writeOpen(start: number, writer: WordWriter): void {
    const table = this.open.get(start)
    writeTables(table === undefined ? [] : [table], writer)
  }

  writeAdded(writer: WordWriter): void {
    writeTables(this.added.values(), writer)
  }

  readOpen(words: Float64Array): void {
    for (const table of readTables(words)) if (table.start > this.finalThrough) this.open.set(table.start, table)
  }

  readAdded(words: Float64Array): void {
    this.added = new Map(Array.from(readTables(words), (table) => [table.start, table]))
  }
}

/** As words: of each window its start and how many partials, then of each its key and its words. */
const writeTables = (tables: Iterable<PartialTable>, writer: WordWriter): void => {
  for (const { at, start, words } of tables) {
    writer.reserve(2 + at.size * (1 + partialWords))
    writer.words[writer.length++] = start
    writer.words[writer.length++] = at.size
    for (const [key, from] of at) {
      writer.words[writer.length++] = key
      writer.copy(words, from, partialWords)
    }
  }
}

function* readTables(words: Float64Array): Generator<PartialTable> {
  for (let at = 0; at < words.length;) {
    const table = new PartialTable(words[at] as number)
    const end = at + 2 + (words[at + 1] as number) * (1 + partialWords)
    for (at += 2; at < end; at += 1 + partialWords) {
      const into = table.of(words[at] as number)
      table.words.set(words.subarray(at + 1, at + 1 + partialWords), into)
    }
    yield table
  }
}
