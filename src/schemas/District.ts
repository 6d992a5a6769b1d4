/**
 * A district as it is known beside its observations: which, called what, where and how large. Its state and quality are
 * another matter. Also the version of a set of districts, which every batch names.
 */
import { Schema } from "effect"
import { DistrictId } from "./Identifiers.ts"
import { Latitude, Longitude, Point } from "./Quantities.ts"
import { checksumWords } from "./Records.ts"

/** Area on the WGS 84 ellipsoid in m². */
export const SquareMetres = Schema.Finite.check(Schema.isGreaterThan(0)).pipe(Schema.brand("SquareMetres"))
export type SquareMetres = typeof SquareMetres.Type

/** West, south, east, north in degrees (RFC 7946 §5). */
export const Bounds = Schema.Tuple([Longitude, Latitude, Longitude, Latitude])
export type Bounds = typeof Bounds.Type

export const District = Schema.Struct({
  id: DistrictId,
  name: Schema.NonEmptyString.annotate({ description: "Name for people; the id where none was given" }),
  centre: Point.annotate({ description: "A point inside: the centroid, unless that lies outside" }),
  areaSquareMetres: SquareMetres,
  bounds: Bounds
}).annotate({ identifier: "District" })
export type District = typeof District.Type

/**
 * Version of a set of districts, from the bytes that decide where a place lies: the same bytes, the same version. 1 to
 * 2³² − 1, as 0 says that there are no districts.
 */
export const districtSetVersion = (content: Uint8Array): number => {
  const words = new Uint32Array(3 + Math.ceil(content.length / 4))
  new Uint8Array(words.buffer, 12).set(content)
  words[0] = content.length
  return checksumWords(words, words.length) || 1
}
