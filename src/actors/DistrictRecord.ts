/**
 * One district in the memory of its shard: what is known of it, the windows that are held, and its newest public state. A window is
 * held until it has been final for a while, so that additions find it, and an hour longer, so that the hours it belongs to are complete.
 * Promise: what is taken in, and what an hour consists of, depends on what was taken in before, not on what else has arrived.
 */
import { DistrictWindow } from "../analytics/DistrictWindow.ts"
import { PartialPool } from "../analytics/PartialPool.ts"
import { wordsOf, WordWriter } from "../analytics/WordWriter.ts"
import type { StatePart } from "../ports/ShardStore.ts"
import type { District } from "../schemas/District.ts"
import { type DistrictState, stepMillis } from "../schemas/DistrictState.ts"
import { DistrictHours, hourMillis } from "./DistrictHours.ts"
import { decodeDistrict, encodeDistrict } from "./DistrictShardHeader.ts"
import { OpenIncidents } from "./OpenIncidents.ts"

/** How far a final window, or one of which nothing is known, may be behind the newest one and still takes something in. */
const takesInAfterFinal = 2 * hourMillis
/** The same of a window that not every shard has made final: the longest lateness is a day. */
const takesInMax = 48 * hourMillis

/** Part numbers: windows of a district are `number × rowsMax + row`, districts themselves above all of them. */
export const rowsMax = 4_096
export const districtParts = 2 ** 30

const writer = new WordWriter()

export class DistrictRecord {
  readonly id: string
  readonly number: number
  description: District | undefined
  latest: DistrictState | undefined
  readonly windows = new Map<number, DistrictWindow>()
  private readonly pool = new PartialPool()
  /** The window that was asked for last. */
  private met: DistrictWindow | undefined
  private readonly rowOf = new Map<number, number>()
  /** Rows that are taken. */
  private readonly rows: Array<boolean> = []
  readonly hours = new DistrictHours()
  incidents = new OpenIncidents()
  private readonly changedWindows = new Set<DistrictWindow>()

  constructor(id: string, number: number) {
    this.id = id
    this.number = number
  }

  /** The window of a start, made where it is not there; `undefined` where too many are held. */
  window(start: number): DistrictWindow | undefined {
    if (this.met?.start === start) return this.met
    const held = this.windows.get(start)
    if (held !== undefined) return this.met = held
    if (this.windows.size === rowsMax) return undefined
    const window = new DistrictWindow(start, this.pool)
    this.windows.set(start, window)
    this.rowOf.set(start, this.freeRow())
    this.met = window
    return window
  }

  touch(window: DistrictWindow): void {
    this.changedWindows.add(window)
  }

  /** Start of the newest window that was published. */
  private get newest(): number {
    return this.latest === undefined ? -Infinity : Date.parse(this.latest.start)
  }

  takesIn({ isFinal, revision, start }: DistrictWindow): boolean {
    return start + (isFinal || revision < 0 ? takesInAfterFinal : takesInMax) >= this.newest
  }

  /** Published windows of the hour that ends with the step, ascending. */
  hourOf(start: number): ReadonlyArray<DistrictWindow> {
    const windows: Array<DistrictWindow> = []
    for (let at = start + stepMillis - hourMillis; at <= start; at += stepMillis) {
      const window = this.windows.get(at)
      if (window !== undefined && window.revision >= 0) windows.push(window)
    }
    return windows
  }

  /** Lets go of windows that are old enough, as seen from the newest that was published, and of no hour that may still change. */
  release(): void {
    const { newest } = this
    for (const [start, window] of this.windows) {
      if (start + takesInAfterFinal + hourMillis >= newest || window.isWaiting) continue
      if (this.hours.isDue(start) || this.isNear(start)) continue
      this.windows.delete(start)
      window.giveBack()
      if (this.met === window) this.met = undefined
      const row = this.rowOf.get(start)
      if (row !== undefined) this.rows[row] = false
      this.rowOf.delete(start)
    }
    this.hours.keep(this.windows.keys())
  }

  /** Whether a window less than an hour away takes something in. */
  private isNear(start: number): boolean {
    for (let at = start + stepMillis - hourMillis; at < start + hourMillis; at += stepMillis) {
      const window = this.windows.get(at)
      if (window !== undefined && this.takesIn(window)) return true
    }
    return false
  }

  private freeRow(): number {
    const row = this.rows.indexOf(false)
    if (row < 0) return this.rows.push(true) - 1
    this.rows[row] = true
    return row
  }

  /** What is to be stored since the last call. */
  takeParts(): ReadonlyArray<StatePart> {
    const parts: Array<StatePart> = [{
      number: districtParts + this.number,
      bytes: encodeDistrict({
        id: this.id,
        description: this.description ?? null,
        rows: [...this.rowOf],
        hours: this.hours.state,
        latest: this.latest ?? null,
        incidents: this.incidents.state
      })
    }]
    for (const window of this.changedWindows) {
      const row = this.rowOf.get(window.start)
      if (row === undefined) continue
      window.write(writer)
      parts.push({ number: this.number * rowsMax + row, bytes: writer.take() })
    }
    this.changedWindows.clear()
    return parts
  }

  /** `partOf`: the bytes of a part by its number. */
  static restore(part: StatePart, partOf: (number: number) => Uint8Array | undefined): DistrictRecord {
    const { description, hours, id, incidents, latest, rows } = decodeDistrict(part.bytes)
    const record = new DistrictRecord(id, part.number - districtParts)
    record.description = description ?? undefined
    record.latest = latest ?? undefined
    record.hours.restore(hours)
    record.incidents = new OpenIncidents(incidents)
    for (const [start, row] of rows) {
      const bytes = partOf(record.number * rowsMax + row)
      record.rowOf.set(start, row)
      while (record.rows.length <= row) record.rows.push(false)
      record.rows[row] = true
      if (bytes !== undefined) record.windows.set(start, DistrictWindow.read(wordsOf(bytes), record.pool))
    }
    return record
  }
}
