/**
 * A folder of segments as an open, writable, readable thing: what `FileLog`, `FileRejectedLog` and `FileEventLog` have in common. Promise:
 * one holder per folder; readers are woken by what became durable and never poll; when the scope closes, what was
 * accepted is finished, then everything that still waits is told that the log is closed.
 */
import { Effect, type Scope } from "effect"
import * as path from "node:path"
import { LogFull, LogUnavailable } from "../../ports/ShardedLog.ts"
import { LogDamaged, type LogFolder, type Report } from "./FileLogFolder.ts"
import { frameBytes } from "./FileLogFormat.ts"
import { LogRefused, openFolder } from "./FileLogRecovery.ts"
import { type AppendSet, LogWriter } from "./FileLogWriter.ts"
import { acquire, type FolderLocked } from "./FolderLock.ts"

export interface StoreSettings {
  readonly folder: string
  /** Goes into the identity of a new log. */
  readonly name: string
  readonly shards: number
  readonly segmentBytes: number
  readonly limitBytes: number
  readonly reserveBytes: number
  readonly recordBytesMax: number
  readonly groupBytesMax: number
  readonly notes: () => Uint8Array
  /** Drops oldest segments where the owner allows it; `bytes` are about to be added. */
  readonly makeRoom: (folder: LogFolder, bytes: number) => void
  readonly afterAppend?: Effect.Effect<void> | undefined
}

export interface LogStore {
  readonly folder: LogFolder
  /** Owner's notes in the last segment's header; `undefined` in a new log. */
  readonly notes: Uint8Array | undefined
  readonly append: (set: AppendSet) => void
  /** True where the set was still waiting, so that it will never be done. */
  readonly forget: (set: AppendSet) => boolean
  /** Until the shard has a durable record with this sequence. */
  readonly arrival: (shard: number, sequence: number) => Effect.Effect<void, LogUnavailable>
  /** Throws where the log is closed. */
  readonly assertOpen: () => void
}

const waitingMax = 16_384
const segmentBytesMax = 2 ** 31

export const openStore = (
  settings: StoreSettings
): Effect.Effect<LogStore, LogUnavailable | FolderLocked, Scope.Scope> =>
  Effect.gen(function*() {
    const problem = impossible(settings)
    if (problem !== undefined) return yield* new LogUnavailable({ operation: "open", detail: problem })
    yield* acquire(settings.folder).pipe(
      Effect.catchTag("FolderUnusable", (cause) =>
        Effect.fail(new LogUnavailable({ operation: "open", detail: cause.message, cause })))
    )
    const fork = Effect.runForkWith(yield* Effect.context())
    const report: Report = (level, message, fields) => {
      const log = level === "warning" ? Effect.logWarning(message) : Effect.logInfo(message)
      fork(Effect.annotateLogs(log, fields))
    }
    return yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () =>
          openFolder({ ...settings, report }, settings.name),
        catch: notOpened(settings)
      }).pipe(Effect.map(({ folder, notes }) => new OpenStore(folder, notes, settings))),
      (store) => Effect.promise(() => store.close())
    )
  })

const groupBytesOf = ({ groupBytesMax, segmentBytes }: StoreSettings): number => Math.min(groupBytesMax, segmentBytes)

const impossible = (settings: StoreSettings): string | undefined => {
  const { folder, limitBytes, recordBytesMax, segmentBytes } = settings
  const where = path.resolve(folder)
  if (segmentBytes > segmentBytesMax) return `${where}: segments of ${segmentBytes} bytes, at most ${segmentBytesMax}`
  if (limitBytes < 2 * segmentBytes) return `${where}: a limit of ${limitBytes} bytes is less than two segments`
  if (settings.shards < 1 || settings.shards > 65_535) return `${where}: ${settings.shards} shards`
  if (frameBytes(recordBytesMax) > 4 * groupBytesOf(settings)) {
    return `${where}: records of ${recordBytesMax} bytes are too large for groups of ${groupBytesOf(settings)}`
  }
  return undefined
}

const notOpened = (settings: StoreSettings) => (cause: unknown): LogUnavailable => {
  const known = cause instanceof LogDamaged || cause instanceof LogRefused
  const message = cause instanceof Error ? cause.message : String(cause)
  return new LogUnavailable({
    operation: "open",
    detail: known ? message : `cannot open ${path.resolve(settings.folder)}: ${message}`,
    cause
  })
}

class OpenStore implements LogStore {
  readonly folder: LogFolder
  readonly notes: Uint8Array | undefined
  private readonly writer: LogWriter
  private readonly waiting: Array<Set<() => void>>
  private closed = false

  constructor(folder: LogFolder, notes: Uint8Array | undefined, settings: StoreSettings) {
    const { afterAppend } = settings
    this.folder = folder
    this.notes = notes
    this.waiting = Array.from({ length: settings.shards + 1 }, () => new Set())
    this.writer = new LogWriter(folder, {
      segmentBytes: settings.segmentBytes,
      limitBytes: settings.limitBytes,
      recordBytesMax: settings.recordBytesMax,
      reserveBytes: settings.reserveBytes,
      groupBytesMax: groupBytesOf(settings),
      waitingMax,
      waitingBytesMax: 8 * groupBytesOf(settings),
      makeRoom: (bytes) => settings.makeRoom(folder, bytes),
      afterAppend: afterAppend === undefined ? undefined : () => Effect.runPromise(afterAppend),
      onDurable: (shards) => {
        for (const shard of new Set(shards)) this.wake(shard)
      }
    })
  }

  append(set: AppendSet): void {
    this.writer.append(set)
  }

  forget(set: AppendSet): boolean {
    return this.writer.forget(set)
  }

  arrival(shard: number, sequence: number): Effect.Effect<void, LogUnavailable> {
    return Effect.callback((resume) => {
      const answer = (): void => resume(this.closed ? Effect.fail(closedLog()) : Effect.void)
      if (this.closed || (this.folder.durableNext[shard] as number) > sequence) return answer()
      const waiting = this.waiting[shard] as Set<() => void>
      waiting.add(answer)
      return Effect.sync(() => waiting.delete(answer))
    })
  }

  assertOpen(): void {
    if (this.closed) throw closedLog()
  }

  async close(): Promise<void> {
    await this.writer.close()
    this.closed = true
    for (let shard = 1; shard < this.waiting.length; shard++) this.wake(shard)
    await this.folder.close()
  }

  private wake(shard: number): void {
    const waiting = this.waiting[shard] as Set<() => void>
    if (waiting.size === 0) return
    const answers = [...waiting]
    waiting.clear()
    for (const answer of answers) answer()
  }
}

const closedLog = (): LogUnavailable => new LogUnavailable({ operation: "read", detail: "the log is closed" })

interface Begun {
  readonly records: AppendSet["records"]
  /** Told at once, also where the append was interrupted; `undefined` where that was before it was begun. */
  readonly onDone?: (outcome: Parameters<AppendSet["done"]>[0] | undefined) => void
}

/**
 * The outcome of one append as an effect; interrupted, it may still become durable. `begin` is called in one step with the append:
 * nothing comes between what it reserves and what releases it.
 */
export const appendTo = (
  store: LogStore,
  begin: () => Begun
): Effect.Effect<ReadonlyArray<number>, LogFull | LogUnavailable> =>
  Effect.callback((resume) => {
    const { onDone, records } = begin()
    const set: AppendSet = {
      records,
      done: (outcome) => {
        onDone?.(outcome)
        resume(
          outcome instanceof LogFull || outcome instanceof LogUnavailable
            ? Effect.fail(outcome)
            : Effect.succeed(outcome)
        )
      }
    }
    store.append(set)
    return Effect.sync(() => {
      if (store.forget(set)) onDone?.(undefined)
    })
  })
