/** Groups of slots that changed since the last commit: a flag for each, and the list of those that are set. */

export class ChangedGroups {
  private flags: Uint8Array = new Uint8Array(64)
  private list: Array<number> = []

  get size(): number {
    return this.list.length
  }

  add(group: number): void {
    if (group >= this.flags.length) {
      const fresh = new Uint8Array(2 * group)
      fresh.set(this.flags)
      this.flags = fresh
    }
    if (this.flags[group] === 1) return
    this.flags[group] = 1
    this.list.push(group)
  }

  /** The groups, in the order they changed first; none is set afterwards. */
  take(): ReadonlyArray<number> {
    const taken = this.list
    this.list = []
    for (const group of taken) this.flags[group] = 0
    return taken
  }
}
