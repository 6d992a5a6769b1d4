/** Which commands a shard has applied, so that a repeated one is applied once. Bounded: the oldest ids are forgotten. */

const remembered = 256

export class AppliedCommands {
  private readonly applied: Array<string>

  constructor(ids: ReadonlyArray<string> = []) {
    this.applied = [...ids]
  }

  has(id: string): boolean {
    return this.applied.includes(id)
  }

  add(id: string): void {
    this.applied.push(id)
    if (this.applied.length > remembered) this.applied.shift()
  }

  /** Oldest first. */
  get ids(): ReadonlyArray<string> {
    return this.applied
  }
}
