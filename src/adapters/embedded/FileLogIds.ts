/**
 * The ids a log holds, or remembers, and those that are being written just now, so that none is kept twice. Plain state; which are
 * forgotten, and when, is up to the owner.
 */
export class FileLogIds {
  private readonly known = new Set<string>()
  private readonly pending = new Set<string>()

  has(id: string): boolean {
    return this.known.has(id)
  }

  isPending(id: string): boolean {
    return this.pending.has(id)
  }

  /** It is being written from now on, until it is added or released. */
  reserve(id: string): void {
    this.pending.add(id)
  }

  /** It was not written after all. */
  release(id: string): void {
    this.pending.delete(id)
  }

  /** It is durable. */
  add(id: string): void {
    this.pending.delete(id)
    this.known.add(id)
  }

  forget(id: string): void {
    this.known.delete(id)
  }
}
