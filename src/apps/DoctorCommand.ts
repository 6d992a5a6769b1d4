/**
 * `vicinity doctor`: looks at a data folder and says what is well, what is not, and what to do. Changes nothing but what every
 * start would (a torn tail is repaired, an orphaned database server is stopped). Ends with 1 where something is wrong.
 */
import { Console, Context, Data, Effect, Exit } from "effect"
import { Command } from "effect/cli"
import { FetchHttpClient, HttpClient } from "effect/http"
import { statfs } from "node:fs/promises"
import * as EmbeddedPostgres from "../adapters/embedded/EmbeddedPostgres.ts"
import * as FolderLock from "../adapters/embedded/FolderLock.ts"
import { EventLog } from "../ports/EventLog.ts"
import { RejectedLog } from "../ports/RejectedLog.ts"
import { type LogUsage, ObservationLog, PartialsLog, type ShardedLog } from "../ports/ShardedLog.ts"
import { ShardStore, type StageName } from "../ports/ShardStore.ts"
import { shards } from "../schemas/Shards.ts"
import { checkedSettings } from "./CheckedSettings.ts"
import { openLogs, openStores } from "./EmbeddedCity.ts"
import { type CitySettings, settingFlags } from "./Settings.ts"
import { version } from "./Version.ts"

/** Something is wrong; everything was said already. */
class Unwell extends Data.TaggedError("Unwell")<{ readonly findings: number }> {
  override get message(): string {
    return `${this.findings} ${this.findings === 1 ? "thing needs" : "things need"} attention`
  }
}

const freeBytesWanted = 2 ** 30

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

const sentence = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** Runs a check and prints what it found; counts a failure. */
const makeChecks = () => {
  const findings: Array<string> = []
  const check = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>, well: (value: A) => string) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(effect)
      if (Exit.isSuccess(exit)) {
        yield* Console.log(`  ✓ ${what}: ${well(exit.value)}`)
        return exit.value
      }
      const found = sentence(yield* Effect.flip(Effect.failCause(exit.cause)).pipe(Effect.catchDefect(Effect.succeed)))
      findings.push(what)
      yield* Console.log(`  ✗ ${what}: ${found}`)
      return undefined
    })
  return { check, findings }
}

const disk = (data: string) =>
  Effect.tryPromise(() => statfs(data)).pipe(
    Effect.orElseSucceed(() => undefined),
    Effect.flatMap((stats) => {
      const free = stats === undefined ? Infinity : stats.bavail * stats.bsize
      return free >= freeBytesWanted
        ? Effect.succeed(free)
        : Effect.fail(new Error(`only ${gib(free)} free; make room, or ingestion will be refused when it is full`))
    })
  )

/** Positions of all shards of a stage against its log; fails naming those that cannot start. */
const positions = Effect.fnUntraced(function*(stage: StageName, log: ShardedLog) {
  const store = yield* ShardStore
  const refused: Array<string> = []
  let behind = 0
  for (const shard of shards) {
    const snapshot = yield* store.load(stage, shard)
    const position = snapshot?.position ?? { stream: log.identity.id, sequence: 0 }
    const honoured = yield* Effect.exit(Effect.scoped(log.subscribe(shard, position)))
    if (Exit.isFailure(honoured)) {
      refused.push(sentence(yield* Effect.flip(Effect.failCause(honoured.cause))))
    } else behind += (yield* log.bounds(shard)).last - position.sequence
  }
  if (refused.length > 0) {
    return yield* Effect.fail(
      new Error(
        `${refused.length} of ${shards.length} shards cannot start: ${
          refused.slice(0, 3).join("; ")
        }. State and log do not `
          + "belong together: restore both from the same backup, or move the data folder away and start anew"
      )
    )
  }
  return behind
})

const used = ({ bytes, limitBytes, segments }: LogUsage): string =>
  `${gib(bytes)}${Number.isFinite(limitBytes) ? ` of ${gib(limitBytes)}` : ""} in ${segments} segments`

/** Each stage and the log it reads. */
const stagesOf = (logs: Context.Context<ObservationLog | PartialsLog>) => [
  { stage: "sensor" as const, title: "observation log", log: Context.get(logs, ObservationLog) },
  { stage: "district" as const, title: "partials log", log: Context.get(logs, PartialsLog) }
]

/** What a running city says of itself. */
const askRunning = Effect.fnUntraced(
  function*(settings: CitySettings) {
    const client = yield* HttpClient.HttpClient
    const response = yield* client.get(`http://${settings.host}:${settings.port}/health/ready`)
    return { status: response.status, text: yield* response.text }
  },
  Effect.timeout("3 seconds"),
  Effect.provide(FetchHttpClient.layer)
)

const examine = Effect.fn("DoctorCommand.examine")(function*(settings: CitySettings) {
  const { check, findings } = makeChecks()
  yield* Console.log(`\nVicinity ${version} on Node ${process.version}, ${process.platform}/${process.arch}\n`)
  const lock = yield* Effect.exit(FolderLock.acquire(settings.data))
  if (Exit.isFailure(lock)) {
    yield* check("data folder", Effect.failCause(lock.cause), () => "")
    yield* check(
      `the city that may be running on port ${settings.port}`,
      askRunning(settings),
      ({ status, text }) => status === 200 ? "ready" : `answers ${status}: ${text.slice(0, 300)}`
    )
    return yield* new Unwell({ findings: findings.length })
  }
  yield* Console.log(`  ✓ data folder: ${settings.data} is free`)
  yield* check("disk", disk(settings.data), (free) => `${free === Infinity ? "unknown" : gib(free)} free`)
  const postgres = yield* check(
    "PostgreSQL",
    EmbeddedPostgres.make({ folder: settings.data }),
    (server) => `starts, runs as user id ${server.startedIn.uid}`
  )
  const stored = postgres === undefined
    ? undefined
    : yield* check("database schema", openStores(postgres), () => "up to date")
  const logged = yield* check("logs", openLogs(settings), () => "open, tails whole")
  if (logged !== undefined) {
    for (const { log, stage, title } of stagesOf(logged)) {
      yield* check(title, log.usage, used)
      if (stored === undefined) continue
      yield* check(
        `shards of the ${stage} stage`,
        positions(stage, log).pipe(Effect.provide(stored)),
        (behind) => `all ${shards.length} can start, ${behind} records to replay`
      )
    }
    const events = Context.get(logged, EventLog)
    yield* check(
      "events",
      Effect.all({ bounds: events.bounds, usage: events.usage }),
      ({ bounds, usage }) => `${used(usage)}; ${bounds.last - bounds.first + 1} kept, the newest at ${bounds.last}`
    )
    yield* check(
      "rejected input",
      Context.get(logged, RejectedLog).counts,
      ({ byReason, total }) =>
        total === 0
          ? "none"
          : `${total} kept (${Object.entries(byReason).map(([reason, n]) => `${reason} ${n}`).join(", ")})`
    )
  }
  if (findings.length > 0) return yield* new Unwell({ findings: findings.length })
  yield* Console.log("\n  All is well.")
}, Effect.scoped)

export const doctorCommand = Command.make(
  "doctor",
  settingFlags,
  (flags) => Effect.flatMap(checkedSettings(flags), examine)
)
  .pipe(Command.withDescription("Look at a data folder and say what is wrong and what to do"))
