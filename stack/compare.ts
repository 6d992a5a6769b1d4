/**
 * `npm run compare -- FOLDER [--runners 3] [--nats current]`: replays a recording through a city of one process and through a city of
 * several, and compares what both have found out, row by row. Ends with 1 where a single row differs.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Redacted } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as EmbeddedPostgres from "../src/adapters/embedded/EmbeddedPostgres.ts"
import * as FileEventLog from "../src/adapters/embedded/FileEventLog.ts"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import * as NatsEventLog from "../src/adapters/nats/NatsEventLog.ts"
import * as PostgresClient from "../src/adapters/postgres/PostgresClient.ts"
import { eventLogOptions } from "../src/apps/ClusterEdges.ts"
import { defaultSettings } from "../src/apps/Settings.ts"
import { dataPaths } from "../src/apps/DataPaths.ts"
import { findMapping } from "../src/ingest/FindMapping.ts"
import { caughtUp } from "./CaughtUp.ts"
import { cityContent } from "./CityContent.ts"
import { compareContents } from "./CompareContents.ts"
import { freePort } from "./FreePort.ts"
import { roleProcess } from "./RoleProcess.ts"
import { openStack } from "./Stack.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runners: { type: "string", default: "3" }, nats: { type: "string", default: "debian" } }
})

const replayArgs = (folder: string) => ["--replay", folder, "--speed", "max"]
/** The replay tells the time; no tick of today closes windows of the past. */
const sharedArgs = ["--ticks", "when-live"]

const ofOneProcess = Effect.fnUntraced(function*(folder: string, below: string) {
  const data = join(below, "one")
  yield* Effect.scoped(Effect.gen(function*() {
    const city = yield* roleProcess({
      name: "one process",
      env: {},
      port: yield* Effect.promise(freePort),
      logFile: join(below, "one.log"),
      args: ["--data", data, ...replayArgs(folder), ...sharedArgs]
    })
    yield* city.ready
    yield* city.printed("every observation of it is in the state of its sensor")
    yield* caughtUp([city.url])
    yield* city.stop
  }))
  return yield* Effect.scoped(Effect.gen(function*() {
    const server = yield* EmbeddedPostgres.make({ folder: data })
    return yield* cityContent.pipe(
      Effect.provide(Layer.merge(PostgresClient.layer({ server }), FileEventLog.layer({ folder: dataPaths(data).events })))
    )
  }))
})

const ofSeveral = Effect.fnUntraced(function*(folder: string, below: string, timeZone: string) {
  return yield* Effect.scoped(Effect.gen(function*() {
    const stack = yield* openStack({
      folder: join(below, "several"),
      runners: Number(values.runners),
      natsVersion: values.nats === "current" ? "nats-server-current" : "nats-server",
      args: [...sharedArgs, "--time-zone", timeZone],
      sourceArgs: replayArgs(folder)
    })
    yield* stack.ingest.printed("replay of")
    yield* caughtUp(stack.runners.map(({ url }) => url))
    yield* Effect.forEach(stack.runners, ({ stop }) => stop, { concurrency: "unbounded" })
    return yield* cityContent.pipe(
      Effect.provide(Layer.merge(
        PostgresClient.layer({ server: { url: Redacted.make(stack.postgres.url) } }),
        NatsEventLog.layer(eventLogOptions(yield* defaultSettings)).pipe(
          Layer.provide(NatsConnection.layer({ url: Redacted.make(stack.nats.url), name: "compare" }))
        )
      ))
    )
  }))
})

const program = Effect.gen(function*() {
  const [folder] = positionals
  if (folder === undefined) return yield* Effect.die(new Error("which recording? npm run compare -- FOLDER"))
  const mapping = yield* findMapping(folder).pipe(Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)))
  const below = mkdtempSync(join(tmpdir(), "vicinity-compare-"))
  chmodSync(below, 0o755)
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(below, { recursive: true, force: true })))
  yield* Console.log(`\n${mapping.name}: through one process …`)
  const one = yield* ofOneProcess(folder, below)
  yield* Console.log(`through ${values.runners} runners, JetStream, PostgreSQL and Redis …\n`)
  const several = yield* ofSeveral(folder, below, mapping.timeZone)
  const comparisons = compareContents(one, several)
  for (const { added, example, missing, rows, what } of comparisons) {
    const mark = example === undefined ? "✓" : "✗"
    yield* Console.log(`  ${mark} ${what.padEnd(16)} ${String(rows).padStart(9)} rows, ${missing} missing, ${added} added`)
    if (example !== undefined) yield* Console.log(example)
  }
  yield* Console.log(`  events repeated in the log: ${one.repeatedEvents} and ${several.repeatedEvents}`)
  if (comparisons.some(({ example }) => example !== undefined)) return yield* Effect.die(new Error("the two differ"))
  yield* Console.log("\n  The same, row by row.")
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
