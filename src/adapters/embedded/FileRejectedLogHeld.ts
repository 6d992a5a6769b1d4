/**
 * What a rejected log remembers in memory of what it holds: ids (so that none is kept twice), reasons (so that a list by
 * reason reads only what it shows), and counts since the log was created. Plain state; sequences are dense.
 */
import { FileLogIds } from "./FileLogIds.ts"

export class HeldRejections {
  readonly ids = new FileLogIds()
  private first = 1
  private readonly order: Array<string> = []
  private readonly reasons: Array<string> = []
  private readonly byReason = new Map<string, number>()

  /** Sequence of the oldest one held, before any is added. */
  startAt(first: number): void {
    this.first = first
  }

  /** The next one is durable. */
  add(id: string, reason: string, counted: boolean): void {
    this.ids.add(id)
    this.order.push(id)
    this.reasons.push(reason)
    if (counted) this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + 1)
  }

  /** Sequences below are no longer held. */
  forgetBefore(sequence: number): void {
    const gone = Math.min(sequence - this.first, this.order.length)
    if (gone <= 0) return
    for (const id of this.order.splice(0, gone)) this.ids.forget(id)
    this.reasons.splice(0, gone)
    this.first += gone
  }

  /** Sequence of the newest one held below `before` (of this reason); 0 where there is none. */
  newest(before: number, reason: string | undefined): number {
    for (let at = Math.min(before, this.first + this.order.length) - 1; at >= this.first; at--) {
      if (reason === undefined || this.reasons[at - this.first] === reason) return at
    }
    return 0
  }

  counts(): { readonly byReason: Readonly<Record<string, number>>; readonly total: number; readonly dropped: number } {
    return {
      byReason: Object.fromEntries(this.byReason),
      total: this.first - 1 + this.order.length,
      dropped: this.first - 1
    }
  }

  /** Counts by reason as JSON, for the header of a segment that starts now. */
  encodeCounts(): Uint8Array {
    return Buffer.from(JSON.stringify(Object.fromEntries(this.byReason)), "utf8")
  }

  decodeCounts(notes: Uint8Array): void {
    const counts: Record<string, number> = JSON.parse(Buffer.from(notes).toString("utf8"))
    for (const [reason, count] of Object.entries(counts)) this.byReason.set(reason, count)
  }
}
