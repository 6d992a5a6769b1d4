/**
 * Where sensors were when last heard of, so that an observation without a location is placed, too. Filled from the catalogue
 * when a process starts, from every commit (described sensors), and from the located observations the door lets in.
 *
 * Promises: the newest located observation decides, as in the sensor stage, and an older one is placed by its own location.
 * Bounded: of more than `sensorsMax` those not heard of for longest are forgotten, and unplaced until they are located again.
 * What is decided here stands in the batch, so a replay of the log never asks again.
 */
import { Context, Duration, Effect, Layer, Result } from "effect"
import { Catalogue, type LocatedSensor } from "../ports/Catalogue.ts"
import type { StoreUnavailable } from "../ports/ShardStore.ts"
import type { DistrictPlacement } from "./Placement.ts"

/** About 200 bytes each. */
const locatedSensorsMax = 200_000

interface Known {
  location: readonly [longitude: number, latitude: number]
  /** Phenomenon time of the located observation, −∞ where the location comes from the catalogue. */
  time: number
  /** The catalogue has it in a district. */
  isInDistrict: boolean
  /** Its district, as `placedBy` says. */
  district: string | undefined
  placedBy: DistrictPlacement | undefined
}

/** Hot path: plain synchronous code. After `place` the fields hold the answer. */
export class Locations {
  /** District of the observation. */
  district: string | undefined = undefined
  /** Location to write into the log with the observation. */
  written: readonly [number, number] | undefined = undefined
  private readonly half: number
  private young = new Map<string, Known>()
  private old = new Map<string, Known>()

  constructor(sensorsMax: number = locatedSensorsMax) {
    this.half = Math.max(1, sensorsMax >> 1)
  }

  get size(): number {
    return this.young.size + this.old.size
  }

  /** From the catalogue: yields to what the sensor itself has said since. */
  learn({ district, latitude, longitude, sensorId }: Omit<LocatedSensor, "changedAt">): void {
    const known = this.find(sensorId)
    if (known === undefined) return this.add(sensorId, [longitude, latitude], -Infinity, district !== null)
    if (known.time > -Infinity) return
    known.isInDistrict = district !== null
    if (known.location[0] === longitude && known.location[1] === latitude) return
    known.location = [longitude, latitude]
    known.placedBy = undefined
  }

  place(
    placement: DistrictPlacement,
    sensorId: string,
    location: readonly [number, number] | undefined,
    time: number
  ): void {
    const known = this.find(sensorId)
    this.written = location
    if (location === undefined) {
      this.district = known === undefined ? undefined : districtOf(known, placement)
      if (known === undefined || !known.isInDistrict) return
      known.isInDistrict = false
      // Out of every district by another map: only with its location does the stage see that it is in none.
      if (this.district === undefined) this.written = known.location
      return
    }
    if (known === undefined) {
      this.district = placement.districtOf(location[0], location[1])
      this.add(sensorId, location, time, false, this.district, placement)
      return
    }
    const isSame = known.location[0] === location[0] && known.location[1] === location[1]
    if (!isSame && time < known.time) {
      this.district = placement.districtOf(location[0], location[1])
      return
    }
    if (!isSame) {
      known.location = location
      known.placedBy = undefined
    }
    if (time > known.time) known.time = time
    known.isInDistrict = false
    this.district = districtOf(known, placement)
  }

  private find(sensorId: string): Known | undefined {
    const known = this.young.get(sensorId)
    if (known !== undefined) return known
    const older = this.old.get(sensorId)
    if (older === undefined) return undefined
    this.old.delete(sensorId)
    this.keep(sensorId, older)
    return older
  }

  private add(
    sensorId: string,
    location: readonly [number, number],
    time: number,
    isInDistrict: boolean,
    district?: string,
    placedBy?: DistrictPlacement
  ): void {
    this.keep(sensorId, { location, time, isInDistrict, district, placedBy })
  }

  private keep(sensorId: string, known: Known): void {
    if (this.young.size >= this.half) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(sensorId, known)
  }
}

const districtOf = (known: Known, placement: DistrictPlacement): string | undefined => {
  if (known.placedBy !== placement) {
    known.district = placement.districtOf(known.location[0], known.location[1])
    known.placedBy = placement
  }
  return known.district
}

/** The locations that the doors of this process share. Without this service each door has its own, empty at first. */
export class SensorLocations extends Context.Service<SensorLocations, Locations>()("vicinity/ingest/SensorLocations") {}

/** What the catalogue knows now, and a catalogue that tells the locations what it learns. */
export const open = Effect.fnUntraced(function*(
  sensorsMax: number = locatedSensorsMax
): Effect.fn.Return<Context.Context<SensorLocations | Catalogue>, StoreUnavailable, Catalogue> {
  const catalogue = yield* Catalogue
  const locations = new Locations(sensorsMax)
  const located = yield* catalogue.located(sensorsMax)
  for (const sensor of located.toReversed()) locations.learn(sensor)
  const learned: Catalogue["Service"]["learned"] = (sensors) =>
    Effect.suspend(() => {
      for (const { district, latitude, longitude, sensorId } of sensors) {
        if (longitude !== null && latitude !== null) locations.learn({ sensorId, longitude, latitude, district })
      }
      return catalogue.learned(sensors)
    })
  return Context.make(SensorLocations, locations).pipe(Context.add(Catalogue, Catalogue.of({ ...catalogue, learned })))
})

const followInterval = Duration.seconds(5)
/** Commits overlap: one that began earlier may become visible later. */
const overlapMillis = 60_000

/**
 * Learns what commits of other processes say, for ever: a door without shards beside it has no other way to know where a sensor
 * was described to be. While the catalogue is away it goes on with what it knows.
 */
export const follow = Effect.fnUntraced(function*(interval: Duration.Duration = followInterval) {
  const catalogue = yield* Catalogue
  const locations = yield* SensorLocations
  let newest = 0
  let isAway = false
  while (true) {
    const since = Math.max(0, newest - overlapMillis)
    const changed = yield* Effect.result(catalogue.located(locatedSensorsMax, since))
    const wasAway = isAway
    isAway = Result.isFailure(changed)
    if (Result.isFailure(changed)) {
      if (!wasAway) yield* Effect.logWarning(`places of sensors are those of a moment ago: ${changed.failure.message}`)
    } else {
      if (wasAway) yield* Effect.logInfo("places of sensors are followed again")
      for (const sensor of changed.success.toReversed()) {
        locations.learn(sensor)
        newest = Math.max(newest, sensor.changedAt)
      }
    }
    yield* Effect.sleep(interval)
  }
})

/** In place of the catalogue it is given: what builds shards and doors on it shares what they learn. */
export const layer: Layer.Layer<SensorLocations | Catalogue, StoreUnavailable, Catalogue> = Layer.effectContext(open())
