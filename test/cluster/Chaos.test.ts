/** A short chaos run, in which nothing may be lost or be there twice; and the oracle itself, which must see what was done behind its back. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { connect } from "@nats-io/transport-node"
import { Deferred, Effect, Fiber, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import * as PostgresClient from "../../src/adapters/postgres/PostgresClient.ts"
import { chaosJson, isClean } from "../../stack/ChaosReport.ts"
import { chaosRun, drawnFaults } from "../../stack/ChaosRun.ts"
import { type FaultKind, faultKinds } from "../../stack/Faults.ts"
import { judge } from "../../stack/Oracle.ts"
import type { SabotageName } from "../../stack/Sabotages.ts"
import { temporaryFolder } from "../PostgresForTests.ts"

/** The first row of a table, removed. */
const removeOne = (table: string, which = "true") =>
  `DELETE FROM ${table} WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM ${table} WHERE ${which} LIMIT 1)`

const renameOneSensor = "UPDATE vicinity.sensor SET name = 'another' WHERE sensor_id = 'chaos-1'"

const doubleOneLate =
  `INSERT INTO vicinity.late_observation (datastream, phenomenon_time, result_time, result, received_at)
  SELECT datastream, phenomenon_time, result_time, result, received_at FROM vicinity.late_observation LIMIT 1`

const execute = (postgresUrl: string, statements: ReadonlyArray<string>) =>
  Effect.flatMap(PgClient, (sql) => Effect.forEach(statements, (text) => sql.unsafe(text))).pipe(
    Effect.provide(PostgresClient.layer({ server: { url: Redacted.make(postgresUrl) } }))
  )

/** Publishes the first event of the stream once more, past the city and without the id by which the server knows it. */
const repeatOneEvent = (natsUrl: string) =>
  Effect.promise(async () => {
    const client = await connect({ servers: natsUrl })
    const answer = await client.request("$JS.API.STREAM.MSG.GET.vicinity_EVENTS", JSON.stringify({ seq: 1 }))
    const { message } = answer.json<{ readonly message: { readonly subject: string; readonly data: string } }>()
    await client.request(message.subject, Buffer.from(message.data, "base64"), { timeout: 5_000 })
    await client.drain()
  })

/** Processes that were given something below it. */
const processesOf = (folder: string): ReadonlyArray<string> =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      return command.includes(folder) ? [command] : []
    } catch {
      // It has ended meanwhile.
      return []
    }
  })

describe("chaos", () => {
  it("draws every kind of fault before it draws one again, and the same for the same seed", () => {
    const drawn = drawnFaults(7, 2 * faultKinds.length)

    for (const half of [drawn.slice(0, faultKinds.length), drawn.slice(faultKinds.length)]) {
      assert.deepStrictEqual([...half].sort(), [...faultKinds].sort())
    }
    assert.deepStrictEqual(drawnFaults(7, 2 * faultKinds.length), drawn)
    assert.notDeepEqual(drawnFaults(8, 2 * faultKinds.length), drawn)
  })

  it.live("leaves no process behind where it is broken off", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const begun = yield* Deferred.make<void>()
      const options = { folder, seed: 1, runners: 2, rate: 500, datastreams: 500, pauseMillis: 1_000 } as const
      const say = () => Effect.asVoid(Deferred.succeed(begun, undefined))
      const run = yield* chaosRun({ ...options, faults: ["redis killed", "redis killed"], say }).pipe(
        Effect.scoped,
        Effect.forkChild
      )
      yield* Deferred.await(begun)
      const before = processesOf(folder).length

      yield* Fiber.interrupt(run)

      assert.isAtLeast(before, 6)
      assert.deepStrictEqual(processesOf(folder), [])
    }).pipe(Effect.scoped))

  it.live("leaves what one pass over the logs gives, and the oracle sees whatever is changed afterwards", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const run = yield* chaosRun({
        folder,
        seed: 3,
        runners: 2,
        rate: 1_000,
        datastreams: 1_000,
        // A minute in all, as districts hear from sensors at whole minutes.
        pauseMillis: 15_000,
        faults: ["runner killed", "postgres link half-open", "nats-server killed", "ingest clock wrong"],
        say: () => Effect.void
      })
      const acknowledged = new Map(run.load.acknowledged.byShard)
      acknowledged.set(1, [...acknowledged.get(1) ?? [], "nobody temperature 0 0"])
      yield* execute(run.servers.postgresUrl, [
        removeOne("vicinity.window_history", "size_ms = 60000"),
        renameOneSensor,
        removeOne("vicinity.district_window_history"),
        removeOne("vicinity.district_state_history"),
        removeOne("vicinity.anomaly"),
        doubleOneLate
      ])
      yield* repeatOneEvent(run.servers.natsUrl)

      const { districts = [], sensors = [] } = run.live ?? {}
      const live = { districts, sensors: ["an answer about nobody", ...sensors.slice(1)] }

      const sabotaged = yield* judge(run.servers, acknowledged, live)

      assert.deepStrictEqual(run.load.rejected, [])
      for (const { example, rows, what } of [...run.judged.comparisons, ...run.judged.checks]) {
        assert.isUndefined(example, what)
        assert.isAbove(rows, 10, what)
      }
      assert.isTrue(isClean(run), chaosJson(run))
      assert.isAbove(run.judged.acknowledged, 10_000)
      assert.isAbove(run.load.overNats, 1_000)
      assert.deepStrictEqual(sabotaged.missing, ["nobody temperature 0 0"])
      assert.strictEqual(sabotaged.repeatedEvents, 1)
      assert.deepStrictEqual(
        [...sabotaged.comparisons, ...sabotaged.checks].map(({ added, missing, what }) => [what, missing, added]),
        [
          ["windows", 1, 0],
          ["late", 0, 1],
          ["anomalies", 1, 0],
          ["partials", 0, 0],
          ["districtWindows", 1, 0],
          ["districtStates", 1, 0],
          ["events", 0, 0],
          ["plainWindows", 1, 0],
          ["plainLate", 0, 1],
          ["accounting", 0, 0],
          ["storedState", 1, 1],
          ["answers", 1, 1]
        ]
      )
      assert.deepStrictEqual([sabotaged.lost, sabotaged.duplicated, sabotaged.differing], [5, 2, 6])
    }).pipe(Effect.scoped))

  const shortRun = Effect.fnUntraced(function*(sabotage: SabotageName, faults: ReadonlyArray<FaultKind>) {
    return yield* chaosRun({
      folder: yield* temporaryFolder,
      seed: 5,
      runners: 1,
      rate: 1_000,
      datastreams: 500,
      pauseMillis: 8_000,
      faults,
      sabotage,
      say: () => Effect.void
    })
  })

  it.live("is red where what was acknowledged was only in the memory of a process that was killed", () =>
    Effect.gen(function*() {
      const run = yield* shortRun("ack-early", ["ingest killed", "ingest killed"])

      assert.isFalse(isClean(run))
      assert.isAbove(run.judged.missing.length, 100)
    }).pipe(Effect.scoped))

  it.live("is red where an observation that comes twice is counted twice", () =>
    Effect.gen(function*() {
      const run = yield* shortRun("dedup", [])
      const different = [...run.judged.comparisons, ...run.judged.checks].flatMap(({ example, what }) =>
        example === undefined ? [] : [what]
      )

      assert.isFalse(isClean(run))
      assert.includeMembers(different, ["windows", "plainWindows", "accounting"])
    }).pipe(Effect.scoped))
})
