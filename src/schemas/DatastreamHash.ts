/**
 * The hash by which a batch and a shard find a datastream: of the bytes of its sensor's id and the number of its property.
 * Part of the format of a batch: it never changes.
 */

/** Spreads a 32-bit value over all bits (fmix32 of MurmurHash3). */
const mix = (hash: number): number => {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** FNV-1a (Fowler, Noll, Vo) of the bytes of a sensor id. */
export const idHash = (bytes: Uint8Array): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  return h
}

/** The hash of a datastream whose sensor id has this `idHash`. */
export const datastreamHashOf = (hashOfId: number, property: number): number =>
  mix(Math.imul(hashOfId ^ (property + 1), 0x01000193))

/** Hash of a datastream: the UTF-8 bytes of its sensor id and the number of its property. */
export const datastreamHash = (sensor: Uint8Array, property: number): number =>
  datastreamHashOf(idHash(sensor), property)
