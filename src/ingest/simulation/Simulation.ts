/**
 * The simulated Helsinki as a source: first its past, in event time and as fast as the log takes it, then live, step by step
 * as the clock says.
 *
 * Promises: the observations of a seed are the same bit for bit whenever they are sent. `receivedAt` is the end of the step
 * that an observation arrives in, also live, where that end has just passed. A restart goes on where the log has
 * acknowledged it: what it was off for is sent in event time like the first past, what it repeats carries the same producer
 * and sequence and is dropped. While it sends the past it writes the ticks itself, from event time; who ticks by the clock
 * may begin when it says `live`. A full log makes it wait. Memory: one append under way and one being made.
 */
import { Clock, Duration, Effect, type FileSystem, type Path, Schema } from "effect"
import type { RejectedLog, RejectedLogUnavailable } from "../../ports/RejectedLog.ts"
import { type LogUnavailable, ObservationLog } from "../../ports/ShardedLog.ts"
import { Placement } from "../Placement.ts"
import { ReplayBatches } from "../ReplayBatches.ts"
import {
  type CheckpointUnavailable,
  type ReplayState,
  stateToGoOnFrom,
  storedState,
  writeCheckpoint
} from "../ReplayCheckpoint.ts"
import { makePace } from "../ReplayPace.ts"
import { ReplayRecords, tickSecondsDefault } from "../ReplayRecords.ts"
import { appendRecordsDefault, makeSender, type SenderOptions } from "../ReplaySender.ts"
import type { SensorPlace } from "../SensorPlaces.ts"
import { CityObservations, type RefusedObservation } from "./CityObservations.ts"
import { keepRefused } from "./RefusedObservations.ts"
import { makeCity, modelVersion, type SimulatedCity } from "./SimulatedCity.ts"

/** Name of the source, of its producer and of its checkpoint. */
const simulationSource = "simulation"
/** Steps of the past: long, so that the log holds few and full batches. */
const pastStepMillis = 60_000
/** Steps while live. */
const liveStepMillis = 10_000
/** Further behind than this, live goes over to the steps of the past. */
const behindMillisMax = 120_000
const pastDefault = Duration.days(7)

export type Phase = "past" | "live"

export interface SimulationOptions extends SenderOptions {
  /** An integer: which city. */
  readonly seed: number
  /** First instant of event time where no checkpoint says more; seven days ago unless set. Taken to a whole minute. */
  readonly from?: number
  /** Ends here, at the last whole step; goes on for ever unless set. */
  readonly to?: number
  /** How many times faster than it was the past is sent, above 0; `max`, as fast as the log takes it, unless set. */
  readonly speed?: number | "max"
  /**
   * Told at the start and at each change. At `live` everything up to now is acknowledged, and somebody must write ticks; at
   * `past`, after live, the process has slept: ticks by the clock would make what is sent now late.
   */
  readonly onPhase?: (phase: Phase) => Effect.Effect<void>
}

export interface SimulationSummary {
  /** Of the whole simulation, whichever run sent them. */
  readonly observations: number
  readonly rejected: number
  /** Event time of its start, and how far it has come. */
  readonly from: number
  readonly eventTime: number
}

/** The log holds a city of another seed or model: two cities of the same sensors would be mixed. */
export class OtherCity extends Schema.TaggedError<OtherCity>()("OtherCity", {
  found: Schema.String,
  wanted: Schema.String
}) {
  override get message(): string {
    const isOtherModel = this.found.split("-")[0] !== this.wanted.split("-")[0]
    return `the data folder holds the simulated city ${this.found} and ${this.wanted} is asked for (model-seed): `
      + (isOtherModel ? "the model is newer, start" : "start with that seed, or") + " with another data folder"
  }
}

export type SimulationError = LogUnavailable | RejectedLogUnavailable | CheckpointUnavailable | OtherCity
type Needs = ObservationLog | RejectedLog | FileSystem.FileSystem | Path.Path

/** Ends at `to`; without it, never. */
export const run = Effect.fn("Simulation.run")(function*(
  options: SimulationOptions
): Effect.fn.Return<SimulationSummary, SimulationError, Needs> {
  const clock = yield* Clock.Clock
  const { batches, city, records, start } = yield* openSimulation(options)
  const generator = new CityObservations(city)
  const sender = yield* makeSender(options, [start])
  const state = { ...start }
  const source = { batches, mapping: { name: simulationSource }, values: expectedValues(start, options, clock) }
  const reached = (): ReplayState => ({ ...state, sequences: batches.sent(), lastTick: records.lastTick })
  let refused: Array<RefusedObservation> = []
  const send = Effect.suspend(() => {
    const kept = keepRefused(batches, refused)
    refused = []
    const sent = [{ replay: source, bad: [], state: reached() }]
    return Effect.andThen(kept, sender.send(records.take(), sent))
  })
  const checkpoint = Effect.andThen(
    sender.settled,
    Effect.suspend(() => writeCheckpoint(options.checkpointFolder, simulationSource, reached()))
  )
  const addStep = (end: number): void => {
    const arrived = generator.arriving(state.eventTime, end)
    if (state.nextStep === 0) batches.describe(end)
    batches.addStep({ receivedAt: end, observations: arrived.observations, bad: [], missing: 0 })
    records.tickTo(end)
    for (const one of arrived.refused) refused.push(one)
    state.nextStep++
    state.eventTime = end
    state.observations += arrived.observations.length
    state.rejected += arrived.refused.length
  }
  /** Nothing of the new length may be sent before a checkpoint says so: repeats must be cut as the first time. */
  const change = Effect.fnUntraced(function*(stepMillis: number) {
    if (records.pending > 0) yield* send
    state.stepMillis = stepMillis
    yield* checkpoint
  })
  let phase: Phase | undefined = undefined
  const tell = Effect.fnUntraced(function*(next: Phase) {
    if (phase === next) return
    phase = next
    yield* options.onPhase?.(next) ?? Effect.void
  })
  const pace = makePace(clock, options.speed ?? "max")
  const appendRecords = options.appendRecords ?? appendRecordsDefault
  // On disk before anything is sent: the start of a simulation must not move with the clock.
  yield* checkpoint
  yield* tell("past")
  // A run that ended while live may have sent a step that its checkpoint does not cover.
  let mayRepeat = state.stepMillis === liveStepMillis
  while (options.to === undefined || state.eventTime + state.stepMillis <= options.to) {
    const end = state.eventTime + state.stepMillis
    const now = clock.currentTimeMillisUnsafe()
    const isPast = state.stepMillis === pastStepMillis
    if (isPast && end > now) {
      yield* change(liveStepMillis)
      continue
    }
    if (!isPast && !mayRepeat && now - end > behindMillisMax && state.eventTime % pastStepMillis === 0) {
      yield* change(pastStepMillis)
      yield* tell("past")
      continue
    }
    const waitMillis = isPast ? pace(end) : end - now
    if (waitMillis > 0) {
      if (!isPast) yield* tell("live")
      if (records.pending > 0) yield* send
      yield* Effect.sleep(Duration.millis(waitMillis))
    }
    addStep(end)
    if (!isPast || records.pending >= appendRecords) yield* send
    if (!isPast) {
      yield* checkpoint
      mayRepeat = false
    }
  }
  if (records.pending > 0) yield* send
  yield* checkpoint
  const { eventTime, observations, rejected, startedAt } = state
  return { observations, rejected, from: startedAt, eventTime }
})

/** About 22 observations a second over the week, for a progress bar. */
const expectedValues = (start: SimulationState, { to }: SimulationOptions, clock: Clock.Clock): number =>
  start.observations + start.rejected
  + Math.round(((Math.max(to ?? clock.currentTimeMillisUnsafe(), start.eventTime) - start.eventTime) / 1000) * 21.6)

interface SimulationState extends ReplayState {
  readonly startedAt: number
  readonly stepMillis: number
}

const openSimulation = Effect.fnUntraced(function*(options: SimulationOptions) {
  const log = yield* ObservationLog
  const placement = yield* Placement
  const fingerprint = `${modelVersion}-${options.seed}`
  const stored = yield* storedState(options.checkpointFolder, simulationSource)
  if (stored?.log === log.identity.id && stored.fingerprint !== fingerprint) {
    return yield* new OtherCity({ found: stored.fingerprint, wanted: fingerprint })
  }
  const found = yield* stateToGoOnFrom(stored, simulationSource, fingerprint, log.identity.id)
  const now = yield* Clock.currentTimeMillis
  const from = options.from ?? now - Duration.toMillis(pastDefault)
  const startedAt = found.startedAt ?? Math.floor(from / pastStepMillis) * pastStepMillis
  const start = {
    ...found,
    startedAt,
    stepMillis: found.stepMillis ?? pastStepMillis,
    eventTime: Math.max(found.eventTime, startedAt)
  }
  const city = makeCity(options.seed)
  const records = new ReplayRecords(1000 * tickSecondsDefault, start.lastTick, true)
  const batches = new ReplayBatches(
    {
      name: simulationSource,
      source: simulationSource,
      // A simulation whose checkpoint was lost starts elsewhere, and its batches must not be taken for those of before.
      fingerprint: `${fingerprint}-${startedAt / pastStepMillis}`,
      placement,
      places: placesOf(city)
    },
    start.sequences,
    records
  )
  return { batches, city, records, start }
})

const placesOf = ({ sensors }: SimulatedCity): ReadonlyMap<string, SensorPlace> =>
  new Map(sensors.map(({ id, location, name }) => [id, { sensorId: id, name, location }]))
