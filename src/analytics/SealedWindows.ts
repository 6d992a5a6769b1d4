/** Windows that were sealed and wait for the next commit, as columns that grow. */

export class SealedWindows {
  length = 0
  slot = new Int32Array(64)
  /** Milliseconds. */
  size = new Int32Array(64)
  start = new Float64Array(64)
  count = new Int32Array(64)
  mean = new Float64Array(64)
  variance = new Float64Array(64)
  min = new Float64Array(64)
  max = new Float64Array(64)
  last = new Float64Array(64)

  add(
    slot: number,
    size: number,
    start: number,
    count: number,
    mean: number,
    variance: number,
    min: number,
    max: number,
    last: number
  ): void {
    const i = this.length++
    if (i === this.slot.length) this.grow()
    this.slot[i] = slot
    this.size[i] = size
    this.start[i] = start
    this.count[i] = count
    this.mean[i] = mean
    this.variance[i] = variance
    this.min[i] = min
    this.max[i] = max
    this.last[i] = last
  }

  private grow(): void {
    const size = 2 * this.slot.length
    const ints = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const fresh = new Int32Array(size)
      fresh.set(old)
      return fresh
    }
    const floats = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const fresh = new Float64Array(size)
      fresh.set(old)
      return fresh
    }
    this.slot = ints(this.slot)
    this.size = ints(this.size)
    this.count = ints(this.count)
    this.start = floats(this.start)
    this.mean = floats(this.mean)
    this.variance = floats(this.variance)
    this.min = floats(this.min)
    this.max = floats(this.max)
    this.last = floats(this.last)
  }
}
