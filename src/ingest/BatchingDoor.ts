/**
 * The door of a live process: checks, converts and places items, collects them per shard into batches and appends these to
 * the log. A group of batches leaves in one append as soon as a shard has a full batch, `linger` after the group's first
 * observation, or at once at the end of a large offer.
 *
 * Promises: an offer succeeds only when everything it put into a group is durable; when an append fails, every offer with an
 * observation in it fails with that error and keeps nothing. Batches of a producer reach a shard's log in the order of their
 * sequence. At most `unacknowledgedMax` observations wait (one larger offer may when nothing else does). On close, what was
 * collected is appended before the scope is gone.
 */
import { Clock, Deferred, Duration, Effect, Exit, Layer, Option, Random, type Scope } from "effect"
import { rawBytesMax, RejectedLog, type Rejection } from "../ports/RejectedLog.ts"
import { LogUnavailable, ObservationLog } from "../ports/ShardedLog.ts"
import type { Accepted, ItemRejection } from "../schemas/Observation.ts"
import { Door, DoorBusy, type DoorError, type Item } from "./Door.ts"
import * as DoorMetrics from "./DoorMetrics.ts"
import { type Group, Lane } from "./Lane.ts"
import { horizonMillisDefault, ObservationCheck } from "./ObservationCheck.ts"
import { Placement } from "./Placement.ts"
import type { Refusal } from "./Refusals.ts"
import { Locations, SensorLocations } from "./SensorLocations.ts"

export interface DoorSettings {
  /** A shard's batch is full at this many observations. */
  readonly batchObservations: number
  /** How long the first observation of a group may wait for others. */
  readonly linger: Duration.Duration
  /** Observations in the door that are not durable yet. */
  readonly unacknowledgedMax: number
  /** Observations longer ago than this are refused as ancient. */
  readonly horizonMillis: number
}

export const doorDefaults: DoorSettings = {
  batchObservations: 100,
  linger: Duration.millis(5),
  unacknowledgedMax: 200_000,
  horizonMillis: horizonMillisDefault
}

/** Items checked without a pause: about 2 ms of the event loop. */
const sliceItems = 1024
/** An offer of this many items has company enough and does not linger. */
const largeOfferItems = 1000
/** Observations of one append, about 300 kB. */
const groupObservationsMax = 10_240
const retryAfterMillis = 500

/** What an offer has come to so far. */
interface Progress {
  /** Items for which room is reserved and that are not in a group yet. */
  reserved: number
  accepted: number
  readonly groups: Array<Group>
  readonly refused: Array<ItemRejection>
  readonly kept: Array<Rejection>
  /** What the ids of its rejections begin with, where it may be offered again. */
  readonly delivery: string | undefined
  /** When its source had it; epoch milliseconds. */
  readonly heldSince: number
}

export const make = Effect.fnUntraced(function*(
  settings: DoorSettings
): Effect.fn.Return<Door["Service"], never, ObservationLog | RejectedLog | Scope.Scope> {
  const log = yield* ObservationLog
  const rejectedLog = yield* RejectedLog
  const placement = yield* Placement
  const locations = Option.getOrElse(yield* Effect.serviceOption(SensorLocations), () => new Locations())
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const doorId = `door-${letters(yield* Random.next)}${letters(yield* Random.next)}`
  const runFork = Effect.runForkWith(context)
  const metrics = DoorMetrics.make(context)
  const check = new ObservationCheck(settings.horizonMillis)
  const lanes = new Map<string, Lane>()
  const inFlight = new Set<Group>()
  const totals = { accepted: 0, rejected: 0 }
  let unacknowledged = 0
  let rejectionNumber = 0
  let closed = false

  const laneOf = (source: string): Lane => {
    const known = lanes.get(source)
    if (known !== undefined) return known
    const lane = new Lane({
      source,
      producer: `${doorId}/${source}`,
      batchObservations: settings.batchObservations,
      placement,
      locations,
      now: () => clock.currentTimeMillisUnsafe(),
      onBatch: metrics.batch
    })
    lanes.set(source, lane)
    return lane
  }

  // Sealing and the start of the append are one synchronous step, so no other fiber can append a later sequence before.
  const flush = (lane: Lane): void => {
    const group = lane.takeGroup()
    if (group === undefined) return
    inFlight.add(group)
    const started = clock.currentTimeNanosUnsafe()
    runFork(log.append(group.records)).addObserver((exit) => {
      unacknowledged -= group.observations
      inFlight.delete(group)
      metrics.appended(Number(clock.currentTimeNanosUnsafe() - started) / 1e9)
      Deferred.doneUnsafe(group.done, Exit.asVoid(exit))
    })
  }

  const linger = (lane: Lane, group: Group): void => {
    const flushLater = Effect.sync(() => lane.group === group ? flush(lane) : undefined)
    runFork(Effect.andThen(Effect.sleep(settings.linger), flushLater))
  }

  const rejectionId = (delivery: string | undefined, index: number): string =>
    delivery === undefined ? `${doorId}-${++rejectionNumber}` : `${delivery}:${index}`

  const refuse = (
    progress: Progress,
    source: string,
    index: number,
    item: Item,
    refusal: Refusal,
    at: number
  ): void => {
    progress.refused.push({ index, ...refusal })
    const id = rejectionId(progress.delivery, index)
    progress.kept.push(rejection(id, at, source, refusal, item.raw()))
  }

  /** Checks `items[from, to)` and puts the good ones into the lane. */
  const admit = (progress: Progress, lane: Lane, items: ReadonlyArray<Item>, from: number, to: number): void => {
    const receivedAt = Math.max(clock.currentTimeMillisUnsafe(), progress.heldSince)
    for (let index = from; index < to; index++) {
      const item = items[index] as Item
      const refusal = item.malformed === undefined
        ? check.check(item.value, receivedAt)
        : { reason: "malformed-json" as const, detail: item.malformed }
      if (refusal !== undefined) {
        refuse(progress, lane.source, index, item, refusal, receivedAt)
        unacknowledged--
        progress.reserved--
        continue
      }
      const isNew = lane.group === undefined
      const group = lane.add(check)
      progress.accepted++
      progress.reserved--
      if (isNew) linger(lane, group)
      if (progress.groups.at(-1) !== group) progress.groups.push(group)
      if (group.observations >= groupObservationsMax) flush(lane)
    }
    const hasFullBatch = lane.group !== undefined && lane.group.records.length > 0
    if (to === items.length && (hasFullBatch || items.length >= largeOfferItems)) flush(lane)
  }

  /** Room for all items is taken before the first one is looked at, in the same synchronous step as the question. */
  const admitAll = Effect.fnUntraced(function*(
    progress: Progress,
    lane: Lane,
    items: ReadonlyArray<Item>
  ): Effect.fn.Return<void, DoorBusy> {
    if (unacknowledged > 0 && unacknowledged + items.length > settings.unacknowledgedMax) {
      return yield* new DoorBusy({ retryAfterMillis })
    }
    progress.reserved = items.length
    unacknowledged += items.length
    for (let from = 0; from < items.length; from += sliceItems) {
      if (from > 0) yield* Effect.yieldNow
      admit(progress, lane, items, from, Math.min(items.length, from + sliceItems))
    }
  })

  const offer = Effect.fnUntraced(function*(
    source: string,
    items: ReadonlyArray<Item>,
    delivery?: { readonly id: string; readonly heldSince: number }
  ): Effect.fn.Return<Accepted, DoorError> {
    if (closed) return yield* new LogUnavailable({ operation: "append", detail: "the door is closed" })
    const { heldSince = -Infinity, id } = delivery ?? {}
    const progress: Progress = { reserved: 0, accepted: 0, groups: [], refused: [], kept: [], delivery: id, heldSince }
    yield* Effect.ensuring(
      admitAll(progress, laneOf(source), items),
      Effect.sync(() => unacknowledged -= progress.reserved)
    )
    for (const group of progress.groups) yield* Deferred.await(group.done)
    if (progress.kept.length > 0) yield* rejectedLog.record(progress.kept)
    totals.accepted += progress.accepted
    totals.rejected += progress.refused.length
    metrics.offered(progress.accepted, progress.refused)
    return { accepted: progress.accepted, rejected: progress.refused }
  })

  const refuseWhole: Door["Service"]["refuse"] = Effect.fnUntraced(function*(
    source,
    reason,
    detail,
    raw,
    delivery
  ) {
    const at = clock.currentTimeMillisUnsafe()
    const kept = rejection(rejectionId(delivery, 0), at, source, { reason, detail }, raw)
    yield* rejectedLog.record([kept])
    totals.rejected++
    metrics.offered(0, [{ reason }])
  })

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closed = true
      for (const lane of lanes.values()) flush(lane)
      return Effect.forEach([...inFlight], (group) => Effect.exit(Deferred.await(group.done)), { discard: true })
    })
  )
  return Door.of({ offer, refuse: refuseWhole, totals: Effect.sync(() => ({ ...totals })) })
})

/** Settings left out are `doorDefaults`. */
export const layer = (
  settings: Partial<DoorSettings> = {}
): Layer.Layer<Door, never, ObservationLog | RejectedLog> => Layer.effect(Door, make({ ...doorDefaults, ...settings }))

/** A random number below 1 as ten letters and digits. */
const letters = (random: number): string => Math.floor(random * 36 ** 10).toString(36).padStart(10, "0")

const rejection = (id: string, receivedAt: number, source: string, refusal: Refusal, raw: Uint8Array): Rejection => ({
  id,
  receivedAt,
  source,
  ...refusal,
  raw: raw.length > rawBytesMax ? raw.slice(0, rawBytesMax) : raw,
  rawBytes: raw.length
})
