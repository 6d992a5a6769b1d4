/**
 * How many anomalies of a district are open. Promise: `at` counts what was found before an instant in the time of the log, so that
 * a state of the district does not depend on how far which shard had come when it was put together.
 */

export interface OpenIncidentsState {
  readonly count: number
  /** Found at (epoch milliseconds), and by how much the count changes. */
  readonly waiting: ReadonlyArray<readonly [foundAt: number, change: number]>
}

export class OpenIncidents {
  /** Before all that waits. */
  private count: number
  private waiting: Array<readonly [foundAt: number, change: number]>

  constructor(state: OpenIncidentsState = { count: 0, waiting: [] }) {
    this.count = state.count
    this.waiting = [...state.waiting]
  }

  change(foundAt: number, by: number): void {
    this.waiting.push([foundAt, by])
  }

  /** As of now. */
  get now(): number {
    return this.waiting.reduce((sum, [, change]) => sum + change, this.count)
  }

  /** As of an instant that no later call goes back behind. What was found at just that instant may not all be there yet. */
  at(time: number): number {
    if (this.waiting.length === 0) return this.count
    const later: Array<readonly [foundAt: number, change: number]> = []
    for (const one of this.waiting) {
      if (one[0] < time) this.count += one[1]
      else later.push(one)
    }
    this.waiting = later
    return this.count
  }

  get state(): OpenIncidentsState {
    return { count: this.count, waiting: this.waiting }
  }
}
