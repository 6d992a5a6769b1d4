/**
 * Which sensors exist, and where they were last. Promise: an id that no commit has named is unknown; asking never creates anything. Answers from
 * memory where it can, and a sensor is known at the latest when its first commit is done.
 */
import { Context, type Effect } from "effect"
import type { SensorRow, StoreUnavailable } from "./ShardStore.ts"

/** Where a sensor is as of the last commit: degrees, WGS 84, and the district it was placed in. */
export interface LocatedSensor {
  readonly sensorId: string
  readonly longitude: number
  readonly latitude: number
  readonly district: string | null
  /** Epoch milliseconds, by the clock of the store. */
  readonly changedAt: number
}

export class Catalogue extends Context.Service<Catalogue, {
  readonly knows: (sensorId: string) => Effect.Effect<boolean, StoreUnavailable>
  /** Loads whom it can remember, so that a first question about them asks nobody; how many. */
  readonly load: Effect.Effect<number, StoreUnavailable>
  /** Told by a processor of this process after a commit named these sensors. */
  readonly learned: (sensors: ReadonlyArray<SensorRow>) => Effect.Effect<void>
  /**
   * The sensors whose location is known, the latest to change first, at most `limit` of them; only those that changed after an
   * instant (epoch milliseconds) where one is given.
   */
  readonly located: (
    limit: number,
    changedAfter?: number
  ) => Effect.Effect<ReadonlyArray<LocatedSensor>, StoreUnavailable>
  readonly count: Effect.Effect<number, StoreUnavailable>
}>()("vicinity/ports/Catalogue") {}
