/**
 * Which sensors exist. Promise: an id that no commit has named is unknown; asking never creates anything. Answers from
 * memory where it can, and a sensor is known at the latest when its first commit is done.
 */
import { Context, type Effect } from "effect"
import type { SensorRow, StoreUnavailable } from "./ShardStore.ts"

export class Catalogue extends Context.Service<Catalogue, {
  readonly knows: (sensorId: string) => Effect.Effect<boolean, StoreUnavailable>
  /** Told by a processor of this process after a commit named these sensors. */
  readonly learned: (sensors: ReadonlyArray<SensorRow>) => Effect.Effect<void>
  readonly count: Effect.Effect<number, StoreUnavailable>
}>()("vicinity/ports/Catalogue") {}
