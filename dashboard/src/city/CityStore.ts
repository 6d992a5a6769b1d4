/** Everything the page knows of the city, in one immutable state that views subscribe to. Changed by `CityFeed` only. */
import { useSyncExternalStore } from "react"
import type { Sensor } from "../api/Shapes.ts"
import type { LiveFacts } from "../live/LiveState.ts"
import type { Districts } from "./DistrictStates.ts"

/** How far a question has come. */
export type Loading =
  | { readonly is: "loading" }
  | { readonly is: "waiting"; readonly sentence: string }
  | { readonly is: "refused"; readonly sentence: string }
  | { readonly is: "ready" }

export interface City {
  readonly districts: Districts
  readonly districtsLoading: Loading
  /** All but vehicles, at most as many as `CityFeed` asks for. */
  readonly sensors: ReadonlyArray<Sensor>
  readonly sensorsLoading: Loading
  /** There are more sensors than are shown. */
  readonly areSensorsCut: boolean
  readonly vehicles: ReadonlyArray<Sensor>
  readonly live: LiveFacts
}

const unknownCity: City = {
  districts: new Map(),
  districtsLoading: { is: "loading" },
  sensors: [],
  sensorsLoading: { is: "loading" },
  areSensorsCut: false,
  vehicles: [],
  live: { connection: "connecting", heardAt: undefined, newestEnd: undefined, movedAt: undefined }
}

const makeCityStore = () => {
  let city = unknownCity
  const listeners = new Set<() => void>()
  return {
    get: () => city,
    change: (changed: (city: City) => Partial<City>): void => {
      city = { ...city, ...changed(city) }
      for (const listener of listeners) listener()
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    }
  }
}

export type CityStore = ReturnType<typeof makeCityStore>

export const cityStore: CityStore = makeCityStore()

/** A part of the city; the view is drawn again when that part has changed. */
export const useCity = <A>(part: (city: City) => A): A =>
  useSyncExternalStore(cityStore.subscribe, () => part(cityStore.get()))
