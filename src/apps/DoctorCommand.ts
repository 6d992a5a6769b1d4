/**
 * `vicinity doctor`: looks at a data folder, or at the servers that several processes share, and says what is well, what is not, and what to
 * do. Changes nothing but what every start would (a torn tail is repaired, an orphaned database server is stopped). Ends with 1 where
 * something is wrong.
 */
import { Console, Effect, Exit } from "effect"
import { Command } from "effect/cli"
import { FetchHttpClient, HttpClient } from "effect/http"
import { statfs } from "node:fs/promises"
import * as EmbeddedPostgres from "../adapters/embedded/EmbeddedPostgres.ts"
import * as FolderLock from "../adapters/embedded/FolderLock.ts"
import { checkedSettings } from "./CheckedSettings.ts"
import { type Check, examineLogs, gib, makeChecks, Unwell } from "./DoctorChecks.ts"
import { examineServers } from "./DoctorOfServers.ts"
import { openLogs, openStores } from "./EmbeddedCity.ts"
import { settingFlags } from "./SettingFlags.ts"
import { type CitySettings, requireServers } from "./Settings.ts"
import { version } from "./Version.ts"

const freeBytesWanted = 2 ** 30

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

/** The data folder of a city of one process. */
const examineFolder = Effect.fnUntraced(function*(check: Check, settings: CitySettings) {
  const lock = yield* Effect.exit(FolderLock.acquire(settings.data))
  if (Exit.isFailure(lock)) {
    yield* check("data folder", Effect.failCause(lock.cause), () => "")
    yield* check(
      `the city that may be running on port ${settings.port}`,
      askRunning(settings),
      ({ status, text }) => status === 200 ? "ready" : `answers ${status}: ${text.slice(0, 300)}`
    )
    return
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
  if (logged !== undefined) yield* examineLogs(check, logged, stored)
})

const examine = Effect.fn("DoctorCommand.examine")(function*(settings: CitySettings) {
  yield* requireServers(settings)
  const { check, findings } = makeChecks()
  yield* Console.log(`\nVicinity ${version} on Node ${process.version}, ${process.platform}/${process.arch}\n`)
  yield* settings.role === undefined ? examineFolder(check, settings) : examineServers(check, settings)
  if (findings.length > 0) return yield* new Unwell({ findings: findings.length })
  yield* Console.log("\n  All is well.")
}, Effect.scoped)

export const doctorCommand = Command.make(
  "doctor",
  settingFlags,
  (flags) => Effect.flatMap(checkedSettings(flags), examine)
)
  .pipe(
    Command.withDescription(
      "Look at a data folder, or at the servers of a city of several processes, and say what is wrong and what to do"
    )
  )
