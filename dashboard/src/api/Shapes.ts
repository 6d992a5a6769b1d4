/** What the API answers, as types of the server's own schemas where there are any: the page cannot drift from the contract unseen. */
import type { Baseline } from "../../../src/schemas/Baseline.ts"
import type { Sensor, SensorDetail } from "../../../src/schemas/Sensor.ts"
import type { Window } from "../../../src/schemas/Window.ts"

export type { Baseline, Sensor, SensorDetail, Window }

export interface QualityPart {
  readonly name: string
  readonly index: number
  readonly weight: number
  /** Points of the district's index that this part costs; zero or negative. */
  readonly contribution: number
  readonly confidence: number
  readonly detail: string
}

export interface Quality {
  /** 0 to 100. */
  readonly index: number
  /** 0 to 1. */
  readonly confidence: number
  readonly parts: ReadonlyArray<QualityPart>
  readonly sentence: string
}

export interface DistrictProperty {
  readonly property: string
  readonly unit: string
  readonly mean: number
  readonly sensors: number
}

/** What changes of a district, every five minutes. */
export interface DistrictState {
  readonly quality: Quality | null
  readonly properties: ReadonlyArray<DistrictProperty>
  readonly incidents: number
  readonly start: string | null
  readonly end: string | null
  readonly knownAt: string | null
  readonly revision: number
  readonly final: boolean
}

export type Bounds = readonly [west: number, south: number, east: number, north: number]

export interface Outline {
  readonly type: "MultiPolygon"
  readonly coordinates: ReadonlyArray<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>>
}

export interface District extends DistrictState {
  readonly id: string
  readonly name: string
  /** A point inside. */
  readonly centre:
    | { readonly type: "Point"; readonly coordinates: readonly [longitude: number, latitude: number] }
    | null
  readonly bounds: Bounds | null
  readonly outline?: Outline | null
}

/** Data of an event of type `quality`. */
export interface QualityEvent extends DistrictState {
  readonly district: string
  readonly name: string
}

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor: string | null
}
