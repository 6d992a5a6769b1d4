/**
 * In which district a place lies. Decided once, at the door, and written into the batch with the version of the district
 * set, so that a later change of the map never changes a replay. Until a set of districts is configured no place has one.
 */
import { Context } from "effect"

export interface DistrictPlacement {
  /** Version of the district set; 0 where there is none. */
  readonly version: number
  /** Degrees, WGS 84. Called per located observation: synchronous and fast. */
  readonly districtOf: (longitude: number, latitude: number) => string | undefined
}

export const noDistricts: DistrictPlacement = { version: 0, districtOf: () => undefined }

export const Placement = Context.Reference<DistrictPlacement>("vicinity/ingest/Placement", {
  defaultValue: () => noDistricts
})
