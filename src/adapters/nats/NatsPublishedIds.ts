/** The newest so many ids of messages, as a set beside a ring of the same strings: the oldest is forgotten beyond the limit. Plain state. */
export class NatsPublishedIds {
  private readonly idsMax: number
  private readonly ids = new Set<string>()
  private readonly ring: Array<string> = []
  private at = 0

  constructor(idsMax: number) {
    this.idsMax = idsMax
  }

  has(id: string): boolean {
    return this.ids.has(id)
  }

  add(id: string): void {
    if (this.ids.size === this.ids.add(id).size) return
    const oldest = this.ring[this.at]
    if (oldest !== undefined) this.ids.delete(oldest)
    this.ring[this.at] = id
    this.at = (this.at + 1) % this.idsMax
  }
}
