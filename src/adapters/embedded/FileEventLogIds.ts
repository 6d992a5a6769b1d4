/**
 * The ids of the newest published events, so that none is published twice. Plain state: a ring and a set over the same strings,
 * so memory is bounded by the number remembered; and the ids that are being written just now.
 */
export class RecentIds {
  private readonly ring: Array<string> = []
  private readonly known = new Set<string>()
  private readonly pending = new Set<string>()
  private readonly idsMax: number
  private at = 0

  constructor(idsMax: number) {
    this.idsMax = idsMax
  }

  /** The next one is durable; the oldest is forgotten beyond the limit. */
  add(id: string): void {
    this.pending.delete(id)
    if (this.known.has(id)) return
    const oldest = this.ring[this.at]
    if (oldest !== undefined) this.known.delete(oldest)
    this.ring[this.at] = id
    this.known.add(id)
    this.at = (this.at + 1) % this.idsMax
  }

  /** False where the id is remembered, or being written. */
  reserve(id: string): boolean {
    if (this.known.has(id) || this.pending.has(id)) return false
    this.pending.add(id)
    return true
  }

  release(id: string): void {
    this.pending.delete(id)
  }

  isPending(id: string): boolean {
    return this.pending.has(id)
  }
}
