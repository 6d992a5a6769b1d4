/** What the API answers: the encoded side of the server's own schemas, so the page cannot drift from the contract unseen. */
import type * as BaselineSchema from "../../../src/schemas/Baseline.ts"
import type * as DistrictSchema from "../../../src/schemas/DistrictState.ts"
import type * as QualitySchema from "../../../src/schemas/QualityOfLife.ts"
import type * as SensorSchema from "../../../src/schemas/Sensor.ts"
import type * as WindowSchema from "../../../src/schemas/Window.ts"

export type Baseline = typeof BaselineSchema.Baseline.Encoded
export type Sensor = typeof SensorSchema.Sensor.Encoded
export type SensorDetail = typeof SensorSchema.SensorDetail.Encoded
export type Window = typeof WindowSchema.Window.Encoded
export type Quality = typeof QualitySchema.QualityOfLife.Encoded
export type QualityPart = typeof QualitySchema.QualityPart.Encoded

/** West, south, east, north. */
export type Bounds = readonly [west: number, south: number, east: number, north: number]

/** GeoJSON; asked for with `outline=true`. */
export interface Outline {
  readonly type: "MultiPolygon"
  readonly coordinates: ReadonlyArray<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>>
}

/** The state is null until it has been computed once. */
export type District = typeof DistrictSchema.DistrictView.Encoded & { readonly outline?: Outline | null }

/** Data of an event of type `quality`: the whole state of the district. */
export type QualityEvent = typeof DistrictSchema.DistrictState.Encoded

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor: string | null
}
