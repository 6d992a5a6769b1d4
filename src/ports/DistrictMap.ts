/**
 * The shapes of districts, for whoever draws them. Promise: a district of the map in force has the outline its places were decided
 * by; one of an earlier map may have none.
 */
import { Context } from "effect"

/** GeoJSON MultiPolygon coordinates (RFC 7946 §3.1.7): polygons of rings of [longitude, latitude]. */
export type OutlineCoordinates = ReadonlyArray<
  ReadonlyArray<ReadonlyArray<readonly [longitude: number, latitude: number]>>
>

export interface DistrictShapes {
  readonly outlineOf: (id: string) => OutlineCoordinates | undefined
}

export const DistrictMap = Context.Reference<DistrictShapes>("vicinity/ports/DistrictMap", {
  defaultValue: () => ({ outlineOf: () => undefined })
})
