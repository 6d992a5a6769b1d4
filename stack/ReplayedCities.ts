/**
 * What is left of a recording that was replayed through a city of one process, and through a city of several. The replay tells the time in
 * both: no tick of today closes windows of the past.
 */
import { Effect, Layer, Redacted } from "effect"
import { join } from "node:path"
import * as EmbeddedPostgres from "../src/adapters/embedded/EmbeddedPostgres.ts"
import * as FileEventLog from "../src/adapters/embedded/FileEventLog.ts"
import * as NatsConnection from "../src/adapters/nats/NatsConnection.ts"
import * as NatsEventLog from "../src/adapters/nats/NatsEventLog.ts"
import * as PostgresClient from "../src/adapters/postgres/PostgresClient.ts"
import { eventLogOptions } from "../src/apps/ClusterEdges.ts"
import { dataPaths } from "../src/apps/DataPaths.ts"
import { defaultSettings } from "../src/apps/Settings.ts"
import { caughtUp } from "./CaughtUp.ts"
import { cityContent } from "./CityContent.ts"
import { freePort } from "./FreePort.ts"
import { roleProcess } from "./RoleProcess.ts"
import { openStack, type StackOptions } from "./Stack.ts"

const replayArgs = (recording: string) => ["--replay", recording, "--speed", "max"]
/** Nothing is dropped, however long each of the cities takes. */
const sharedArgs = ["--ticks", "when-live", "--minute-retention", "never"]

export const replayedByOne = Effect.fnUntraced(function*(recording: string, below: string) {
  const data = join(below, "one")
  yield* Effect.scoped(Effect.gen(function*() {
    const city = yield* roleProcess({
      name: "one process",
      env: {},
      port: yield* Effect.promise(freePort),
      logFile: join(below, "one.log"),
      args: ["--data", data, ...replayArgs(recording), ...sharedArgs]
    })
    yield* city.ready
    yield* city.printed("every observation of it is in the state of its sensor")
    yield* caughtUp([city.url])
    yield* city.stop
  }))
  const content = Effect.gen(function*() {
    const server = yield* EmbeddedPostgres.make({ folder: data })
    const events = FileEventLog.layer({ folder: dataPaths(data).events })
    return yield* Effect.provide(cityContent, Layer.merge(PostgresClient.layer({ server }), events))
  })
  return yield* Effect.scoped(content)
})

export interface SeveralOptions extends Pick<StackOptions, "runners" | "natsVersion"> {
  readonly timeZone: string
}

export const replayedBySeveral = (recording: string, below: string, { timeZone, ...options }: SeveralOptions) =>
  Effect.scoped(Effect.gen(function*() {
    const stack = yield* openStack({
      ...options,
      folder: join(below, "several"),
      args: [...sharedArgs, "--time-zone", timeZone],
      sourceArgs: replayArgs(recording)
    })
    yield* stack.ingest.printed("✓ replay of")
    yield* caughtUp(stack.runners.map(({ url }) => url))
    yield* Effect.forEach(stack.runners, ({ stop }) => stop, { concurrency: "unbounded" })
    const connection = NatsConnection.layer({ url: Redacted.make(stack.nats.url), name: "compare" })
    const events = NatsEventLog.layer(eventLogOptions(yield* defaultSettings)).pipe(Layer.provide(connection))
    const database = PostgresClient.layer({ server: { url: Redacted.make(stack.postgres.url) } })
    return yield* Effect.provide(cityContent, Layer.merge(database, events))
  }))
