/**
 * A process that commits once and hangs inside its second commit, after everything is written: to be killed there.
 * Arguments: port, database, user. The password comes in the environment. Prints `inside` when it hangs.
 */
import { Effect, Redacted } from "effect"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import { lateColumns, namedCommit, someBytes } from "../../contracts/CommitsForTests.ts"

const [, , port = "", database = "", username = ""] = process.argv
const password = Redacted.make(process.env["PGPASSWORD"] ?? "")
const server = { host: "127.0.0.1", port: Number(port), username, password, database }

let commits = 0
const hang = Effect.suspend(() => {
  commits += 1
  if (commits === 1) return Effect.void
  process.stdout.write("inside\n")
  return Effect.never
})

const program = Effect.gen(function*() {
  const store = yield* PostgresShardStore.make({ hooks: { insideCommit: () => hang } })
  const [epoch = 0] = yield* store.acquire("sensor", [7], "child")
  for (const sequence of [1, 2]) {
    yield* store.commit({
      ...namedCommit(`sensor-${sequence}`, [{ slot: 0, start: sequence * 60_000, count: sequence }]),
      epoch,
      position: { stream: "stream-a", sequence },
      header: someBytes(10, sequence),
      groups: [{ number: 0, bytes: someBytes(50_000, sequence) }],
      baselines: [{ number: sequence, bytes: someBytes(1_000, sequence) }],
      late: lateColumns([{ slot: 0, result: sequence }])
    })
  }
})

await Effect.runPromise(Effect.provide(program, PostgresClient.layer({ server })))
