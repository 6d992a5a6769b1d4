/**
 * When the hours of a district become public. An hour is the merge of its five-minute windows, and nobody says that the last of them
 * stays empty; so what a window that came so long after its own end says of the hour is due as long after the end of the hour, when its last
 * window would have come. Once an hour was public, what changes is due at once.
 *
 *     window 10:20 final at 10:35 ──► hour 10:00 due at 11:10, as the window 10:55 would be
 */
import { stepMillis } from "../schemas/DistrictState.ts"

export const hourMillis = 3_600_000
/** After a jump of the clock everything comes long after its end, and waiting does not help. */
const waitMax = hourMillis

const hourStart = (start: number): number => Math.floor(start / hourMillis) * hourMillis

export interface DistrictHour {
  readonly start: number
  /** −1 before it was published. */
  revision: number
  /** Changed since it was published. */
  isChanged: boolean
  /** Times in the log at which it is to be looked at. */
  due: ReadonlyArray<number>
}

export class DistrictHours {
  private readonly hours = new Map<number, DistrictHour>()

  /** A window took something in at `time`; when its hour is to be looked at. */
  changed(windowStart: number, time: number): number {
    const start = hourStart(windowStart)
    const hour = this.hours.get(start) ?? { start, revision: -1, isChanged: true, due: [] }
    this.hours.set(start, hour)
    const wait = Math.min(waitMax, time - windowStart - stepMillis)
    const due = hour.revision >= 0 ? time : Math.max(time, start + hourMillis + wait)
    hour.isChanged = true
    if (!hour.due.includes(due)) hour.due = [...hour.due, due]
    return due
  }

  /** Hours that are to be published at `time`, ascending, each as its next revision. */
  take(time: number): ReadonlyArray<DistrictHour> {
    const taken: Array<DistrictHour> = []
    for (const hour of this.hours.values()) {
      if (!hour.due.some((due) => due <= time)) continue
      hour.due = hour.due.filter((due) => due > time)
      if (!hour.isChanged) continue
      hour.isChanged = false
      hour.revision++
      taken.push(hour)
    }
    return taken.sort((a, b) => a.start - b.start)
  }

  isDue(windowStart: number): boolean {
    return (this.hours.get(hourStart(windowStart))?.due.length ?? 0) > 0
  }

  /** Times at which hours are to be looked at. */
  get times(): ReadonlyArray<number> {
    return Array.from(this.hours.values(), ({ due }) => due).flat()
  }

  /** Lets go of the hours without a window. */
  keep(windowStarts: Iterable<number>): void {
    const kept = new Set(Array.from(windowStarts, hourStart))
    for (const start of this.hours.keys()) if (!kept.has(start)) this.hours.delete(start)
  }

  get state(): ReadonlyArray<DistrictHour> {
    return [...this.hours.values()].map((hour) => ({ ...hour }))
  }

  restore(hours: ReadonlyArray<DistrictHour>): void {
    for (const hour of hours) this.hours.set(hour.start, { ...hour })
  }
}
