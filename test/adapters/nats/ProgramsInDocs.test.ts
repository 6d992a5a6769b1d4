/** What docs/events.md and docs/inbox.md say to subscribers and senders runs as it is written, against real servers and our adapters. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, type Scope } from "effect"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { NatsConnection } from "../../../src/adapters/nats/NatsConnection.ts"
import * as NatsEventLog from "../../../src/adapters/nats/NatsEventLog.ts"
import * as NatsInbox from "../../../src/adapters/nats/NatsInbox.ts"
import * as BatchingDoor from "../../../src/ingest/BatchingDoor.ts"
import { takeDeliveries } from "../../../src/ingest/Deliveries.ts"
import { Door } from "../../../src/ingest/Door.ts"
import { cityEvent } from "../../contracts/EventLogContract.ts"
import { root } from "../../house/SourceFiles.ts"
import { allRecords, batchesOf, logs } from "../../ingest/Logs.ts"
import { connection, natsServer, natsVersions } from "../../NatsForTests.ts"
import { temporaryFolder } from "../../PostgresForTests.ts"

/** The first fence of JavaScript behind a heading. */
const programOf = (page: string, heading: string): string => {
  const [, chapter = ""] = readFileSync(join(root, page), "utf8").split(`${heading}\n`)
  return /^```js\n([\s\S]*?)^```$/m.exec(chapter)?.[1] ?? ""
}

/** A folder in which a program finds the packages as in one that has installed them. */
const folderWith = (program: string) =>
  Effect.map(temporaryFolder, (folder) => {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
    writeFileSync(join(folder, "program.mjs"), program)
    return folder
  })

const killed = (child: ChildProcessWithoutNullStreams) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  })

/** The first lines that a program prints. */
const linesOf = (
  folder: string,
  env: Record<string, string>,
  count: number
): Effect.Effect<ReadonlyArray<string>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const start = Effect.sync(() =>
      spawn(process.execPath, ["program.mjs"], { cwd: folder, env: { ...process.env, ...env } })
    )
    const child = yield* Effect.acquireRelease(start, killed)
    let errors = ""
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()))
    return yield* Effect.promise(async () => {
      const lines: Array<string> = []
      for await (const line of createInterface(child.stdout)) if (lines.push(line) === count) return lines
      throw new Error(`the program ended after ${lines.length} lines: ${errors}`)
    })
  })

const withDoor = Layer.unwrap(
  Effect.map(temporaryFolder, (folder) => Layer.provideMerge(BatchingDoor.layer(), logs(folder)))
)

const judgement = (nth: number) =>
  cityEvent(nth, { data: { district: "kallio", quality: nth === 2 ? null : { index: 70 + nth } } })

describe("the subscriber in docs/events.md", () => {
  it.live.each(natsVersions)(
    "prints every judgement, and goes on behind the one it has seen: %s",
    (version) =>
      Effect.gen(function*() {
        const subscriber = programOf("docs/events.md", "\n## NATS")
        const folder = yield* folderWith(subscriber)
        const server = yield* natsServer({ version })
        const log = yield* Effect.provideService(
          NatsEventLog.make({ limitBytes: 16_777_216, replicas: 1 }),
          NatsConnection,
          yield* connection(server)
        )
        yield* log.publish([judgement(1), cityEvent(9, { type: "window", id: "window:kallio:1" }), judgement(2)])
        const env = { NATS_URL: server.url }

        const first = yield* linesOf(folder, env, 2)
        yield* log.publish([judgement(2), judgement(3)])
        const resumed = yield* linesOf(folder, { ...env, AFTER: "1" }, 2)

        assert.isAtMost(subscriber.trim().split("\n").length, 16)
        assert.deepStrictEqual(first, ["1 quality:kallio:1 71", "3 quality:kallio:2 undefined"])
        assert.deepStrictEqual(resumed, ["3 quality:kallio:2 undefined", "4 quality:kallio:3 73"])
      })
  )
})

describe("the sender in docs/inbox.md", () => {
  it.live.each(natsVersions)(
    "sends an observation that goes through the door: %s",
    (version) =>
      Effect.gen(function*() {
        const folder = yield* folderWith(programOf("docs/inbox.md", "# Observations over NATS"))
        const server = yield* natsServer({ version })
        const own = yield* connection(server)
        const options = { limitBytes: 16_777_216, replicas: 1 }
        const inbox = yield* Effect.provideService(NatsInbox.make(options), NatsConnection, own)
        const door = yield* Door
        const taking = yield* Effect.forkScoped(takeDeliveries(inbox))

        const said = yield* linesOf(folder, { NATS_URL: server.url }, 1)
        yield* Effect.repeat(door.totals, {
          until: ({ accepted, rejected }) => accepted + rejected > 0,
          schedule: Schedule.spaced("20 millis")
        })
        yield* Fiber.interrupt(taking)

        assert.deepStrictEqual(said, ["the city has it: 1"])
        assert.deepStrictEqual(yield* door.totals, { accepted: 1, rejected: 0 })
        const sensors = batchesOf((yield* allRecords).values()).flatMap(({ observations }) =>
          observations.map(({ sensorId }) => sensorId)
        )
        assert.deepStrictEqual(sensors, ["my-balcony"])
      }).pipe(Effect.provide(withDoor))
  )
})
