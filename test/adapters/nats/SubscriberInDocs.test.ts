/** The subscriber of docs/events.md runs as it is written, against a real server, on what the adapter has published. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { NatsConnection } from "../../../src/adapters/nats/NatsConnection.ts"
import * as NatsEventLog from "../../../src/adapters/nats/NatsEventLog.ts"
import { cityEvent } from "../../contracts/EventLogContract.ts"
import { root } from "../../house/SourceFiles.ts"
import { connection, natsServer, natsVersions } from "../../NatsForTests.ts"
import { temporaryFolder } from "../../PostgresForTests.ts"

/** Fences of JavaScript of the chapter about NATS. */
const programs = (): ReadonlyArray<string> => {
  const [, chapter = ""] = readFileSync(join(root, "docs/events.md"), "utf8").split("\n## NATS\n")
  return [...chapter.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, program = ""]) => program)
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

const judgement = (nth: number) =>
  cityEvent(nth, { data: { district: "kallio", quality: nth === 2 ? null : { index: 70 + nth } } })

describe("the subscriber in docs/events.md", () => {
  it.live.each(natsVersions)(
    "prints every judgement, and goes on behind the one it has seen: %s",
    (version) =>
      Effect.gen(function*() {
        const [subscriber = ""] = programs()
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
