/** What an operator of a city of several processes can do wrong: each start ends with one sentence that says what and what to do, and so does doctor. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, type Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as PostgresClient from "../../src/adapters/postgres/PostgresClient.ts"
import { freePort } from "../../stack/FreePort.ts"
import { natsServer } from "../../stack/NatsServer.ts"
import { postgresServer } from "../../stack/PostgresServer.ts"
import { connection } from "../NatsForTests.ts"
import { temporaryFolder } from "../PostgresForTests.ts"

const entry = fileURLToPath(new URL("../../src/apps/main.ts", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Runs a command to its end. */
const vicinity = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Effect.Effect<Ended> =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [entry, ...args], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output += chunk.toString())
    const [code] = await once(child, "exit")
    return { code, output }
  })

/** A start as one process of several, and the doctor with the same settings. */
const startAndDoctor = Effect.fnUntraced(function*(env: Readonly<Record<string, string>>) {
  const data = yield* temporaryFolder
  return yield* Effect.all({
    started: vicinity(["start", "--port", "0", "--data", data], env),
    examined: vicinity(["doctor", "--data", data], env)
  }, { concurrency: 2 })
})

const assertRefused = ({ examined, started }: { readonly started: Ended; readonly examined: Ended }, words: RegExp) => {
  assert.strictEqual(started.code, 1, started.output)
  assert.match(started.output, words)
  assert.match(started.output, /\nvicinity: /)
  assert.notMatch(started.output, /\n {4}at /)
  assert.strictEqual(examined.code, 1, examined.output)
  assert.match(examined.output, words)
  for (const { output } of [started, examined]) assert.notInclude(output, "hunter2")
}

const servers = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  const nats = yield* natsServer({ folder: join(folder, "nats"), jetStreamSettings: "max_file_store: 100GB" })
  const postgres = yield* postgresServer({ folder: join(folder, "postgres") })
  return { nats, postgres, env: { VICINITY_NATS_URL: nats.url, VICINITY_POSTGRES_URL: postgres.url } }
})

const live = (name: string, test: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => Effect.scoped(test))

describe("a process of a city of several", () => {
  live(
    "is refused a NATS server that is not there, wants other credentials or has no JetStream",
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const closed = yield* natsServer({
        folder: join(folder, "closed"),
        settings: "authorization { user: city, password: secret }"
      })
      const plain = yield* natsServer({ folder: join(folder, "plain"), jetStream: false })
      const VICINITY_POSTGRES_URL = `postgres://a:hunter2@127.0.0.1:${yield* Effect.promise(freePort)}/city`
      const url = (port: number) => ({
        VICINITY_NATS_URL: `nats://city:hunter2@127.0.0.1:${port}`,
        VICINITY_POSTGRES_URL
      })

      assertRefused(yield* startAndDoctor(url(yield* Effect.promise(freePort))), /NATS.*127\.0\.0\.1/)
      assertRefused(yield* startAndDoctor(url(closed.port)), /credentials|password/i)
      assertRefused(yield* startAndDoctor(url(plain.port)), /JetStream/)
    })
  )

  live(
    "is refused a database that is away, wants other credentials, has no schema, or one that a newer Vicinity has used",
    Effect.gen(function*() {
      const { env, postgres } = yield* servers
      const wrong = postgres.url.replace(/:[^:@]+@/, ":hunter2@")
      const away = postgres.url.replace(
        /:[^:@]+@127\.0\.0\.1:\d+/,
        `:hunter2@127.0.0.1:${yield* Effect.promise(freePort)}`
      )

      assertRefused(yield* startAndDoctor({ ...env, VICINITY_POSTGRES_URL: away }), /PostgreSQL at 127\.0\.0\.1/)
      assertRefused(yield* startAndDoctor({ ...env, VICINITY_POSTGRES_URL: wrong }), /password/)
      assertRefused(yield* startAndDoctor(env), /vicinity migrate/)
      const migrated = yield* vicinity(["migrate"], { VICINITY_POSTGRES_URL: postgres.url })
      assert.strictEqual(migrated.code, 0, migrated.output)
      yield* Effect.provide(
        Effect.flatMap(
          PgClient,
          (sql) => sql`INSERT INTO internal.migration (migration_id, name) VALUES (9999, 'newer')`
        ),
        PostgresClient.layer({ server: { url: Redacted.make(postgres.url) } })
      )
      assertRefused(yield* startAndDoctor(env), /newer Vicinity/)
    })
  )

  live(
    "is refused logs that another shard count or another program has made, and says which field",
    Effect.gen(function*() {
      const { env, nats, postgres } = yield* servers
      yield* vicinity(["migrate"], { VICINITY_POSTGRES_URL: postgres.url })
      const { manager } = yield* connection(nats)
      const add = (description?: string) =>
        Effect.promise(() =>
          manager.streams.add({
            name: "vicinity_obs_7",
            subjects: ["vicinity.obs.7"],
            ...(description && { description })
          })
        )

      yield* add()
      assertRefused(yield* startAndDoctor(env), /stream vicinity_obs_7 has \w+ /)
      yield* Effect.promise(() => manager.streams.delete("vicinity_obs_7"))
      yield* add("Vicinity's observations, shard 7 of 31")
      assertRefused(yield* startAndDoctor(env), /shard 7 of 31/)
    })
  )
})
