/**
 * How far a replay has come, in a small JSON file. Promise: what it covers is acknowledged by the log it names; it is replaced
 * as a whole and on disk when `write` succeeds. One that is damaged or of another recording or log counts as none, which
 * is safe: batches sent again carry the same producer and sequence and are dropped.
 */
import { Effect, FileSystem, Path, Schema } from "effect"
import { shardCount } from "../schemas/Shards.ts"

export const ReplayState = Schema.Struct({
  version: Schema.Literal(1),
  /** Of mapping and data. */
  fingerprint: Schema.String,
  /** Identity of the log that has acknowledged it. */
  log: Schema.String,
  nextStep: Schema.Int,
  /** Highest producer sequence sent to each shard, from shard 1. */
  sequences: Schema.Array(Schema.Int).check(Schema.isMinLength(shardCount), Schema.isMaxLength(shardCount)),
  /** Event time of the last tick, epoch milliseconds; 0 before the first. */
  lastTick: Schema.Int,
  /** End of the last step's event time, epoch milliseconds. */
  eventTime: Schema.Int,
  /** Of a source without an end: event time of its start, and the length of the steps to come; milliseconds. */
  startedAt: Schema.optionalKey(Schema.Int),
  stepMillis: Schema.optionalKey(Schema.Int),
  observations: Schema.Int,
  rejected: Schema.Int,
  missing: Schema.Int,
  /** Everything was sent, the closing tick too. */
  finished: Schema.Boolean
})
export type ReplayState = typeof ReplayState.Type

/** The checkpoint cannot be written. */
export class CheckpointUnavailable extends Schema.TaggedError<CheckpointUnavailable>()("CheckpointUnavailable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `checkpoint ${this.file}: ${this.detail}`
  }
}

const StateJson = Schema.fromJsonString(ReplayState)
const decode = Schema.decodeUnknownEffect(StateJson)
const encode = Schema.encodeEffect(StateJson)

export const startState = (fingerprint: string, log: string): ReplayState => ({
  version: 1,
  fingerprint,
  log,
  nextStep: 0,
  sequences: Array.from({ length: shardCount }, () => 0),
  lastTick: 0,
  eventTime: 0,
  observations: 0,
  rejected: 0,
  missing: 0,
  finished: false
})

/** The stored state, of whatever recording and log; `undefined` where there is none that can be read. */
export const storedState = Effect.fnUntraced(function*(
  folder: string,
  name: string
): Effect.fn.Return<ReplayState | undefined, never, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(folder, `${name}.json`)
  if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) return undefined
  return yield* fs.readFileString(file).pipe(
    Effect.flatMap(decode),
    Effect.catch((error) =>
      Effect.as(
        Effect.logWarning("replay checkpoint unreadable, starting anew", { file, error: error.message }),
        undefined
      )
    )
  )
})

/** That state if it is of this recording and this log, else the start. */
export const stateToGoOnFrom = Effect.fnUntraced(function*(
  stored: ReplayState | undefined,
  name: string,
  fingerprint: string,
  log: string
): Effect.fn.Return<ReplayState> {
  if (stored?.fingerprint === fingerprint && stored.log === log) return stored
  if (stored !== undefined) {
    yield* Effect.logInfo("replay checkpoint is of other data or another log, starting anew", { name })
  }
  return startState(fingerprint, log)
})

export const readCheckpoint = Effect.fnUntraced(function*(
  folder: string,
  name: string,
  fingerprint: string,
  log: string
): Effect.fn.Return<ReplayState, never, FileSystem.FileSystem | Path.Path> {
  return yield* stateToGoOnFrom(yield* storedState(folder, name), name, fingerprint, log)
})

export const writeCheckpoint = Effect.fnUntraced(
  function*(folder: string, name: string, state: ReplayState) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const text = yield* Effect.orDie(encode(state))
    const file = path.join(folder, `${name}.json`)
    yield* fs.makeDirectory(folder, { recursive: true })
    const temporary = yield* fs.open(`${file}.new`, { flag: "w" })
    yield* temporary.writeAll(new TextEncoder().encode(text))
    yield* temporary.sync
    yield* fs.rename(`${file}.new`, file)
    // The rename itself is durable only when the folder is.
    yield* (yield* fs.open(folder, { flag: "r" })).sync
  },
  Effect.scoped,
  (self, folder, name) =>
    Effect.mapError(
      self,
      (error) =>
        new CheckpointUnavailable({ file: `${folder}/${name}.json`, detail: `cannot be written: ${error.message}` })
    )
)
