/**
 * Observations that came for a sealed pane and wait for the next commit, as columns that grow. Nothing here is dropped: how many
 * may wait is bounded by the commit that they force (`pendingRows` of a stage).
 */
export class LateObservations {
  length = 0
  // Most commits have none, so there is no memory before the first.
  slot = new Int32Array(0)
  /** Epoch milliseconds. */
  phenomenonTime = new Float64Array(0)
  /** Epoch milliseconds, NaN: none. */
  resultTime = new Float64Array(0)
  result = new Float64Array(0)
  /** Epoch milliseconds. */
  receivedAt = new Float64Array(0)

  /** `arrival` begins with phenomenon time, result time, result, received at: as `Datastreams` takes it. */
  add(slot: number, arrival: Float64Array): void {
    const i = this.length++
    if (i === this.slot.length) this.grow()
    this.slot[i] = slot
    this.phenomenonTime[i] = arrival[0] as number
    this.resultTime[i] = arrival[1] as number
    this.result[i] = arrival[2] as number
    this.receivedAt[i] = arrival[3] as number
  }

  private grow(): void {
    const size = Math.max(64, 2 * this.slot.length)
    const floats = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const fresh = new Float64Array(size)
      fresh.set(old)
      return fresh
    }
    const slot = new Int32Array(size)
    slot.set(this.slot)
    this.slot = slot
    this.phenomenonTime = floats(this.phenomenonTime)
    this.resultTime = floats(this.resultTime)
    this.result = floats(this.result)
    this.receivedAt = floats(this.receivedAt)
  }
}
