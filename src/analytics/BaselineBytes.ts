/** The baseline of a datastream as bytes, for the store: 336 Float32 (168 centres, 168 spreads), then 168 counters of weeks. */
import type { DatastreamSlab } from "./DatastreamSlab.ts"
import { binFloats } from "./SeasonalBaseline.ts"

/** Of a slot that has learned something. */
export const writeBaseline = (slab: DatastreamSlab, slot: number): Uint8Array => {
  const bins = slab.binFloats(slot) as Float32Array
  const counts = slab.weekCounts(slot) as Uint8Array
  const weeks = counts.subarray(slab.weekAt(slot), slab.weekAt(slot) + binFloats / 2)
  const bytes = new Uint8Array(4 * binFloats + weeks.length)
  new Float32Array(bytes.buffer, 0, binFloats).set(bins.subarray(slab.binAt(slot), slab.binAt(slot) + binFloats))
  bytes.set(weeks, 4 * binFloats)
  return bytes
}

export const readBaseline = (slab: DatastreamSlab, slot: number, bytes: Uint8Array): void => {
  slab.ensureBins(slot)
  // A copy also of a Buffer, whose `slice` is a view.
  const aligned = new Uint8Array(bytes)
  const bins = slab.binFloats(slot) as Float32Array
  const weeks = slab.weekCounts(slot) as Uint8Array
  bins.set(new Float32Array(aligned.buffer, 0, binFloats), slab.binAt(slot))
  weeks.set(aligned.subarray(4 * binFloats), slab.weekAt(slot))
}
