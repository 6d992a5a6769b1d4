/**
 * How a datastream is at an instant, from its record in the slab. Promise: the confidence of a district and the health of its
 * sensors rest on the same answer: what is *silent* or *stuck* here is what lowers it there.
 */
import type { SensorHealth } from "../schemas/Sensor.ts"
import type { DatastreamSlab } from "./DatastreamSlab.ts"
import * as Slab from "./DatastreamSlab.ts"
import * as Health from "./SensorHealth.ts"

/** Whether anything is to be heard of it, and whether it is. */
export const presences = { unexpected: 0, silent: 1, reporting: 2 } as const
type Presence = (typeof presences)[keyof typeof presences]

/** Whether a sensor was seen to move often enough to be a moving one. */
export const isMoving = (words: Float64Array, at: number): boolean =>
  (words[at + Slab.moves] as number) >= Slab.movesMin

/** The hour of the week a day before. */
const dayBefore = (hour: number): number => (hour + 144) % 168

/**
 * Presence at `now`, in the hour of the week `hour`. Nothing is to be heard of what moves, of what has never reported anything, and
 * of what never reports at this hour, today or the day before, unless it did a short while ago.
 */
export const presenceAt = (
  slab: DatastreamSlab,
  slot: number,
  words: Float64Array,
  at: number,
  hour: number,
  now: number
): Presence => {
  const age = now - (words[at + Slab.lastTime] as number)
  if (isMoving(words, at) || Number.isNaN(age)) return presences.unexpected
  const weeks = slab.weekCounts(slot)
  const weekAt = slab.weekAt(slot)
  const isUsual = weeks !== undefined
    && ((weeks[weekAt + hour] as number) > 0 || (weeks[weekAt + dayBefore(hour)] as number) > 0)
  if (!isUsual && age > Health.expectedUnlearned) return presences.unexpected
  return age > Health.silentAfter((words[at + Slab.votes] as number) >= 16) ? presences.silent : presences.reporting
}

export const healthAt = (slab: DatastreamSlab, slot: number, hour: number, now: number): SensorHealth => {
  const words = slab.record(slot)
  const at = slab.at(slot)
  if (Health.isStuck(words[at + Slab.flat] as number)) return "stuck"
  return presenceAt(slab, slot, words, at, hour, now) === presences.silent ? "silent" : "ok"
}
