/**
 * One district in the memory of its shard: what is known of it, the windows that are held, and its newest public state. A final
 * window takes additions in for a while; it is held for an hour longer, so that the hours it belongs to are complete. Promise: what is
 * taken in, and what an hour consists of, depends on times in the log alone, not on what else has arrived.
 */
import { DistrictWindow } from "../analytics/DistrictWindow.ts"
import { PartialPool } from "../analytics/PartialPool.ts"
import { WordWriter } from "../analytics/WordWriter.ts"
import type { StatePart } from "../ports/ShardStore.ts"
import type { District } from "../schemas/District.ts"
import { type DistrictState, stepMillis } from "../schemas/DistrictState.ts"
import { decodeDistrict, encodeDistrict } from "./DistrictShardHeader.ts"

const hour = 3_600_000
/** How long after its end a final window takes additions in, in the time of the log. */
const takesInAfterFinal = 2 * hour
/** A window that some shard has not made final is given up after two days: the longest lateness is one. */
const takesInMax = 48 * hour

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
  /** Windows that start here or before and are not held were let go. */
  private releasedThrough = -Infinity
  private readonly changedWindows = new Set<DistrictWindow>()

  constructor(id: string, number: number) {
    this.id = id
    this.number = number
  }

  /** The window of a start, made where it is not there; `undefined` where there is no room. */
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

  /** Windows of the hour that ends with the step, ascending. */
  hourOf(start: number): ReadonlyArray<DistrictWindow> {
    const windows: Array<DistrictWindow> = []
    for (let at = start + stepMillis - hour; at <= start; at += stepMillis) {
      const window = this.windows.get(at)
      if (window !== undefined && window.revision >= 0) windows.push(window)
    }
    return windows
  }

  /** Lets go of windows that are old enough as of `time`, and in no hour with one that still takes something in. */
  release(time: number): void {
    for (const [start, window] of this.windows) {
      if (start + stepMillis + takesInAfterFinal + hour >= time || window.isWaiting || this.isNear(start, time)) {
        continue
      }
      this.windows.delete(start)
      window.giveBack()
      if (this.met === window) this.met = undefined
      this.releasedThrough = Math.max(this.releasedThrough, start)
      const row = this.rowOf.get(start)
      if (row !== undefined) this.rows[row] = false
      this.rowOf.delete(start)
    }
  }

  /**
   * Whether a window takes in what was given out at `time`. One that was never published does, however old it is (a recording may tell the
   * time once a day), unless it may have been let go before.
   */
  takesIn({ isFinal, revision, start }: DistrictWindow, time: number): boolean {
    return revision < 0
      ? start > this.releasedThrough
      : start + stepMillis + (isFinal ? takesInAfterFinal : takesInMax) >= time
  }

  private isNear(start: number, time: number): boolean {
    for (let at = start + stepMillis - hour; at < start + hour; at += stepMillis) {
      const window = this.windows.get(at)
      if (window !== undefined && this.takesIn(window, time)) return true
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
        releasedThrough: this.releasedThrough === -Infinity ? null : this.releasedThrough,
        latest: this.latest ?? null
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
    const { description, id, latest, releasedThrough, rows } = decodeDistrict(part.bytes)
    const record = new DistrictRecord(id, part.number - districtParts)
    record.description = description ?? undefined
    record.latest = latest ?? undefined
    record.releasedThrough = releasedThrough ?? -Infinity
    for (const [start, row] of rows) {
      const bytes = partOf(record.number * rowsMax + row)
      record.rowOf.set(start, row)
      while (record.rows.length <= row) record.rows.push(false)
      record.rows[row] = true
      // A copy, because drivers give views of larger buffers.
      if (bytes !== undefined) {
        record.windows.set(start, DistrictWindow.read(new Float64Array(new Uint8Array(bytes).buffer), record.pool))
      }
    }
    return record
  }
}
