/**
 * The ids of the newest published events, so that none is published twice. Plain state: a ring beside the set over the same
 * strings, so memory is bounded by the number remembered.
 */
import { FileLogIds } from "./FileLogIds.ts"

export class RecentIds {
  readonly ids = new FileLogIds()
  private readonly ring: Array<string> = []
  private readonly idsMax: number
  private at = 0

  constructor(idsMax: number) {
    this.idsMax = idsMax
  }

  /** The next one is durable; the oldest is forgotten beyond the limit. */
  add(id: string): void {
    const isNew = !this.ids.has(id)
    this.ids.add(id)
    if (!isNew) return
    const oldest = this.ring[this.at]
    if (oldest !== undefined) this.ids.forget(oldest)
    this.ring[this.at] = id
    this.at = (this.at + 1) % this.idsMax
  }
}
