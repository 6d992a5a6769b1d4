/**
 * What is wrong with some of the sensors, and when. Promise: a function of seed, sensor and instant; a fault comes and goes in
 * episodes of hours, each of which depends on its span of two days only.
 */
import { seedOf, uniform } from "./SeededNoise.ts"

/**
 * - `stuck`: sends what it measured when it got stuck, again and again.
 * - `drifting`: is off by a little more every hour, of its own scale.
 * - `silent`: sends nothing.
 * - `wrong-unit`: sends numbers in another unit than the one that is declared.
 */
export type FaultKind = "stuck" | "drifting" | "silent" | "wrong-unit"
export const faultKinds: ReadonlyArray<FaultKind> = ["stuck", "drifting", "silent", "wrong-unit"]

export interface FaultEpisode {
  readonly kind: FaultKind
  /** Half-open, epoch milliseconds. */
  readonly from: number
  readonly to: number
}

const span = 2 * 86_400_000
const hour = 3_600_000

export class SensorFaults {
  private readonly seed: number
  private readonly memo = new Map<number, FaultEpisode | undefined>()

  constructor(citySeed: number) {
    this.seed = seedOf(citySeed, "faults")
  }

  /** The episode of a sensor with this fault at an instant. */
  at(sensor: number, kind: FaultKind, time: number): FaultEpisode | undefined {
    const n = Math.floor(time / span)
    const key = n * 8192 + sensor
    let episode = this.memo.get(key)
    if (episode === undefined && !this.memo.has(key)) {
      episode = this.episodeIn(sensor, kind, n)
      if (this.memo.size >= 4096) this.memo.clear()
      this.memo.set(key, episode)
    }
    return episode !== undefined && time >= episode.from && time < episode.to ? episode : undefined
  }

  /** Episodes that overlap `[from, to)`. */
  between(sensor: number, kind: FaultKind, from: number, to: number): ReadonlyArray<FaultEpisode> {
    const found: Array<FaultEpisode> = []
    for (let n = Math.floor(from / span); n * span < to; n++) {
      const episode = this.episodeIn(sensor, kind, n)
      if (episode !== undefined && episode.from < to && episode.to > from) found.push(episode)
    }
    return found
  }

  /** Two spans of three have one: it starts on the first day, lasts 4 to 23 hours and ends within its span. */
  private episodeIn(sensor: number, kind: FaultKind, n: number): FaultEpisode | undefined {
    if (uniform(this.seed, sensor * 4, n) > 0.67) return undefined
    const from = n * span + Math.floor(uniform(this.seed, sensor * 4 + 1, n) * 24) * hour
    const hours = 4 + Math.floor(uniform(this.seed, sensor * 4 + 2, n) * 20)
    return { kind, from, to: from + hours * hour }
  }
}
