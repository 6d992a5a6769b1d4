/**
 * Keeps the store up to date: districts by the event stream (and by the list where the stream may have a gap), vehicles every
 * five seconds, other sensors three times a minute. Promises: one question of a kind at a time; nothing is asked while nobody looks.
 */
import { getPages, Refused, serverNow, sleep, type Trouble } from "../api/CityClient.ts"
import type { District, Sensor } from "../api/Shapes.ts"
import { followQuality } from "../live/LiveQuality.ts"
import { withNewestEnd } from "../live/LiveState.ts"
import type { CityStore, Loading } from "./CityStore.ts"
import { newestEnd, withEvent, withList } from "./DistrictStates.ts"
import { oneAtATime } from "./OneAtATime.ts"
import { sensorKind } from "./SensorKinds.ts"

const vehicleEveryMillis = 5_000
const sensorEveryMillis = 20_000
/** Pages of 1,000: more dots than this no browser draws well and nobody can tell apart. */
const sensorPagesMax = 5
const vehiclePagesMax = 2
/** Pages of 100 districts. */
const districtPagesMax = 20

const whenSeen = (signal: AbortSignal): Promise<void> =>
  document.visibilityState === "visible" ? Promise.resolve() : new Promise((resolve) => {
    const seen = () => {
      if (document.visibilityState !== "visible" && !signal.aborted) return
      document.removeEventListener("visibilitychange", seen)
      resolve()
    }
    document.addEventListener("visibilitychange", seen)
    signal.addEventListener("abort", seen, { once: true })
  })

const repeat = async (everyMillis: number, signal: AbortSignal, once: () => Promise<void>): Promise<void> => {
  while (!signal.aborted) {
    await whenSeen(signal)
    if (signal.aborted) return
    await once()
    await sleep(everyMillis, signal).catch(() => undefined)
  }
}

const failed = (error: unknown): Loading => ({
  is: "refused",
  sentence: error instanceof Refused ? error.message : "The answer of the city cannot be read."
})

const waiting = ({ sentence }: Trouble): Loading => ({ is: "waiting", sentence })

const loadSensors = (store: CityStore, signal: AbortSignal): Promise<void> =>
  getPages<Sensor>("/v1/sensors?limit=1000", sensorPagesMax, {
    signal,
    onTrouble: (trouble) => store.change(() => ({ sensorsLoading: waiting(trouble) }))
  }).then(
    ({ isCut, items }) =>
      store.change(() => ({
        sensors: items.filter((sensor) => sensorKind(sensor) !== "vehicle"),
        areSensorsCut: isCut,
        sensorsLoading: { is: "ready" }
      })),
    (error: unknown) => signal.aborted ? undefined : store.change(() => ({ sensorsLoading: failed(error) }))
  )

const loadVehicles = (store: CityStore, signal: AbortSignal): Promise<void> =>
  getPages<Sensor>("/v1/sensors?property=schedule_delay&limit=1000", vehiclePagesMax, { signal }).then(
    ({ items }) => store.change(() => ({ vehicles: items })),
    // Told by the other questions already; the last places stay, and the next poll asks again.
    () => undefined
  )

/** After a reset only what the list says counts. */
const loadDistricts = (store: CityStore, signal: AbortSignal, isReset: boolean): Promise<void> =>
  getPages<District>("/v1/districts?outline=true&limit=100", districtPagesMax, {
    signal,
    onTrouble: (trouble) => store.change(() => ({ districtsLoading: waiting(trouble) }))
  }).then(
    ({ items }) =>
      store.change((city) => {
        const districts = withList(isReset ? new Map() : city.districts, items)
        return {
          districts,
          districtsLoading: { is: "ready" },
          live: withNewestEnd(city.live, newestEnd(districts), serverNow())
        }
      }),
    (error: unknown) => signal.aborted ? undefined : store.change(() => ({ districtsLoading: failed(error) }))
  )

/** Runs until aborted. */
export const feedCity = (store: CityStore, signal: AbortSignal): void => {
  const askDistricts = oneAtATime(signal, (isReset) => loadDistricts(store, signal, isReset))
  void askDistricts(false)
  void repeat(sensorEveryMillis, signal, () => loadSensors(store, signal))
  void repeat(vehicleEveryMillis, signal, () => loadVehicles(store, signal))
  void followQuality({
    onConnection: (connection) => store.change(({ live }) => ({ live: { ...live, connection } })),
    onHeard: (heardAt) => store.change(({ live }) => ({ live: { ...live, heardAt } })),
    onGap: (isReset) => void askDistricts(isReset),
    onQuality: (event) => {
      const districts = withEvent(store.get().districts, event)
      if (districts === undefined) void askDistricts(false)
      else store.change(({ live }) => ({ districts, live: withNewestEnd(live, newestEnd(districts), serverNow()) }))
    }
  }, signal)
}
