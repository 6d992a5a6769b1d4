/**
 * What REJECTED holds, in memory: id, reason and size of each, and the counts by reason since the stream was made. Plain state; sequences
 * are dense. Counts begin at a message that says how many there were before it; what went before anybody counted it (a stream purged by
 * hand) is counted as `unknown`.
 */
import type { CountsAt } from "./NatsRejectionMessage.ts"

const unknownReason = "unknown"

export class NatsRejectedIndex {
  private readonly ids = new Set<string>()
  private order: Array<string> = []
  private reasons: Array<string> = []
  private sizes: Array<number> = []
  /** Sequence of the first one held. */
  private first = 1
  private counted = new Map<string, number>()
  /** Whether `counted` is all there ever was up to the newest one. */
  private isExact = true

  get last(): number {
    return this.first + this.order.length - 1
  }

  has(id: string): boolean {
    return this.ids.has(id)
  }

  /** The next one comes behind this; what is between is gone. */
  beginAt(after: number): void {
    if (after === this.last) return
    // The newest were lost, or some went before they were seen.
    if (after > this.last) this.isExact = false
    this.order = []
    this.reasons = []
    this.sizes = []
    this.ids.clear()
    this.first = after + 1
  }

  add(id: string, reason: string, bytes: number, before: CountsAt | undefined): void {
    this.ids.add(id)
    this.order.push(id)
    this.reasons.push(reason)
    this.sizes.push(bytes)
    if (this.isExact) this.count(reason)
    else if (before !== undefined && before.sequence >= this.first - 1) this.countFrom(before)
  }

  private count(reason: string): void {
    this.counted.set(reason, (this.counted.get(reason) ?? 0) + 1)
  }

  private countFrom({ byReason, sequence }: CountsAt): void {
    this.isExact = true
    this.counted = new Map(Object.entries(byReason))
    for (let at = sequence + 1; at <= this.last; at++) this.count(this.reasons[at - this.first] as string)
  }

  /** Sequences below are no longer held. */
  forgetBefore(sequence: number): void {
    const gone = Math.min(sequence - this.first, this.order.length)
    if (gone <= 0) return
    for (const id of this.order.splice(0, gone)) this.ids.delete(id)
    this.reasons.splice(0, gone)
    this.sizes.splice(0, gone)
    this.first += gone
  }

  /** Of all up to `last`, and what of them is no longer held. */
  get counts(): {
    readonly byReason: Readonly<Record<string, number>>
    readonly total: number
    readonly dropped: number
  } {
    const counted = this.isExact ? this.counted : this.held()
    const byReason = Object.fromEntries(counted)
    const total = this.last
    const known = [...counted.values()].reduce((sum, count) => sum + count, 0)
    if (known < total) byReason[unknownReason] = (byReason[unknownReason] ?? 0) + total - known
    return { byReason, total, dropped: this.first - 1 }
  }

  private held(): ReadonlyMap<string, number> {
    const held = new Map<string, number>()
    for (const reason of this.reasons) held.set(reason, (held.get(reason) ?? 0) + 1)
    return held
  }

  /** The newest sequences below `before` (of this reason), newest first, at most so many and about so many bytes. */
  newest(before: number, reason: string | undefined, limit: number, bytesMax: number): ReadonlyArray<number> {
    const found: Array<number> = []
    let bytes = 0
    for (
      let at = Math.min(before, this.last + 1) - this.first - 1;
      at >= 0 && found.length < limit && bytes <= bytesMax;
      at--
    ) {
      if (reason !== undefined && this.reasons[at] !== reason) continue
      found.push(this.first + at)
      bytes += this.sizes[at] as number
    }
    return found
  }
}
