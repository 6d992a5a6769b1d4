/** The history in parts: made when rows come, for any time, by anybody; dropped when they are old and nobody writes to them. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { makeRetention } from "../../../src/adapters/postgres/HistoryRetention.ts"
import * as PostgresShardStore from "../../../src/adapters/postgres/PostgresShardStore.ts"
import * as PostgresWindowStore from "../../../src/adapters/postgres/PostgresWindowStore.ts"
import type { Commit } from "../../../src/ports/ShardStore.ts"
import { emptyCommit, lateColumns, namedCommit, type WindowRow } from "../../contracts/CommitsForTests.ts"
import * as ForTests from "../../PostgresForTests.ts"

const dayMillis = 86_400_000
const at = (time: string) => Date.parse(time)

/** A shard of a fresh database, with its store as one process has it. */
const openShard = Effect.gen(function*() {
  const sql = yield* PgClient
  const store = yield* PostgresShardStore.make()
  const windows = yield* PostgresWindowStore.make
  const [epoch = 0] = yield* store.acquire("sensor", [7], "test")
  const commit = (rows: ReadonlyArray<WindowRow>) => store.commit({ ...namedCommit("tram/9", rows), epoch })
  const starts = (size: "1m" | "5m" | "1h" = "1m", from = -1e15, to = 1e15) =>
    Effect.map(
      windows.windows({ sensorId: "tram/9", property: "vehicle_speed", size, from, to, limit: 1_000 }),
      (found) => found.map(({ start }) => start)
    )
  const parts = Effect.map(
    sql.unsafe<{ readonly name: string }>(`SELECT c.relname::text AS name FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
      WHERE c.relkind = 'r' ORDER BY 1`),
    (rows) => rows.map(({ name }) => name)
  )
  /** The server tells what was inserted a little later, unless the connection that did (here it is always the same) is asked to. */
  const counted = sql.unsafe("SELECT pg_stat_force_next_flush()")
  return { sql, store, epoch, commit, starts, parts, counted }
})

const inFreshDatabase = <A, E>(program: Effect.Effect<A, E, PgClient>) =>
  program.pipe(Effect.provide(ForTests.freshDatabase))

const keep = (minutes: Duration.Duration | undefined, history?: Duration.Duration) =>
  makeRetention({ minutes, history })

layer(ForTests.layer, { timeout: "60 seconds", excludeTestServices: true })("the history in Postgres", (it) => {
  it.effect("takes windows of any time, and gives them back in order", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { commit, parts, starts } = yield* openShard
      const times = ["1970-01-01", "1999-12-31", "2012-02-29", "2012-03-01", "2026-11-24", "2150-01-01"].map(at)

      yield* commit(times.toReversed().map((start) => ({ slot: 0, start })))

      assert.deepStrictEqual((yield* starts()).map(at), times)
      assert.deepStrictEqual(yield* parts, [
        "window_history_1m_20120229",
        "window_history_1m_20120301",
        "window_history_1m_20261124",
        "window_history_1m_early",
        "window_history_1m_far"
      ])
    })))

  it.effect("keeps revisions apart in every part, also when a window comes again much later", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { commit, sql } = yield* openShard
      const [old, recent] = [at("2012-03-01"), at("2026-11-24")]
      yield* commit([{ slot: 0, start: old, count: 1 }, { slot: 0, start: old, size: 300_000, count: 5 }])
      yield* commit([{ slot: 0, start: recent, count: 1 }])

      yield* commit([
        { slot: 0, start: old, count: 2 },
        { slot: 0, start: recent, count: 1 },
        { slot: 0, start: old, count: 3 },
        { slot: 0, start: old, size: 300_000, count: 5 }
      ])

      const rows = yield* sql.unsafe<{ readonly row: string }>(`SELECT concat_ws(' ', extract(year FROM start), size_ms,
        revision, count) AS row FROM vicinity.window_history ORDER BY start, size_ms, revision`)
      assert.deepStrictEqual(rows.map(({ row }) => row), [
        "2012 60000 0 1",
        "2012 60000 1 2",
        "2012 60000 2 3",
        "2012 300000 0 5",
        "2026 60000 0 1"
      ])
    })))

  it.effect("is cut by several processes at once", () =>
    inFreshDatabase(Effect.gen(function*() {
      const processes = yield* Effect.all([1, 2, 3, 4].map(() => PostgresShardStore.make()))
      const month = at("2012-03-01")
      const commits = yield* Effect.forEach(processes, (store, index) =>
        Effect.map(store.acquire("sensor", [index + 1], "test"), ([epoch = 0]): Commit => {
          const rows = Array.from({ length: 20 }, (_, day) => ({ slot: 0, start: month + day * dayMillis }))
          const late = lateColumns([{ slot: 0, receivedAt: month }, { slot: 0, receivedAt: month + 40 * dayMillis }])
          return { ...namedCommit(`tram/${index}`, rows), shard: index + 1, epoch, late }
        }))

      yield* Effect.all(
        processes.map((store, index) =>
          store.commit(commits[index] ?? emptyCommit)
        ),
        {
          concurrency: "unbounded"
        }
      )

      const sql = yield* PgClient
      const [counts] = yield* sql.unsafe(`SELECT (SELECT count(*)::int4 FROM vicinity.window_history) AS windows,
        (SELECT count(*)::int4 FROM vicinity.late_observation) AS late`)
      assert.deepStrictEqual(counts, { windows: 80, late: 8 })
    })))

  it.effect("is cut beside readers and writers who are in the middle of something", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { commit, sql, starts } = yield* openShard
      yield* commit([{ slot: 0, start: at("2026-11-24") }])

      yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql.unsafe("SELECT count(*) FROM vicinity.window_history")
        yield* sql.unsafe("DELETE FROM vicinity.window_history")
        yield* commit([{ slot: 0, start: at("2026-11-25") }])
        yield* Effect.fail("roll back")
      })).pipe(Effect.flip)

      assert.strictEqual((yield* starts()).length, 2)
    })))

  it.effect("is made again where a part was dropped that a process knew", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { epoch, parts, sql, starts, store } = yield* openShard
      const [day, month] = [at("2026-11-24"), at("2026-11-01")]
      const whole = {
        ...namedCommit("tram/9", [{ slot: 0, start: day }]),
        epoch,
        late: lateColumns([{ slot: 0, receivedAt: month }])
      }
      yield* store.commit(whole)
      const before = yield* parts
      for (const part of before) {
        yield* sql.unsafe(`DROP TABLE internal.${part}`)
        assert.notInclude(yield* parts, part)

        yield* store.commit(whole)
      }

      assert.deepStrictEqual(yield* parts, before)
      assert.deepStrictEqual(yield* starts(), ["2026-11-24T00:00:00.000Z"])
    })))

  it.effect("drops what is older than is kept, by the newest part and not by the clock", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { commit, counted, parts, starts } = yield* openShard
      const days = [1, 2, 3, 4, 5].map((day) => at(`2012-03-0${day}`))
      yield* commit(days.flatMap((start) => [{ slot: 0, start }, { slot: 0, start, size: 300_000 }]))
      yield* counted
      const { look } = yield* keep(Duration.hours(48))

      assert.deepStrictEqual(yield* look, [])
      assert.deepStrictEqual(yield* look, ["window_history_1m_20120301", "window_history_1m_20120302"])

      assert.deepStrictEqual((yield* starts()).map(at), days.slice(2))
      assert.deepStrictEqual(yield* starts("1m", days[0], days[1]), [])
      assert.deepStrictEqual((yield* starts("5m")).map(at), days)
      assert.deepStrictEqual(yield* look, [])
      assert.include(yield* parts, "window_history_5m_201203")
    })))

  it.effect("drops months of all else, where that is asked for, and nothing where nothing is", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { counted, epoch, parts, store } = yield* openShard
      for (const time of ["2010-01-15", "2012-03-01", "2012-05-01"].map(at)) {
        const rows = [{ slot: 0, start: time }, { slot: 0, start: time, size: 3_600_000 }]
        const late = lateColumns([{ slot: 0, receivedAt: time }])
        yield* store.commit({ ...namedCommit("tram/9", rows), epoch, late })
      }
      yield* counted
      const never = yield* keep(undefined)
      const all = yield* parts
      yield* never.look
      assert.deepStrictEqual(yield* never.look, [])
      assert.deepStrictEqual(yield* parts, all)

      const month = yield* keep(undefined, Duration.days(31))
      yield* month.look
      const dropped = yield* month.look

      assert.deepStrictEqual(dropped.toSorted(), ["late_observation_201001", "window_history_1h_201001"])
    })))

  it.effect("drops no part that somebody still writes to, and takes no future for the present", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { commit, counted, parts } = yield* openShard
      const backfill = at("2012-03-01")
      yield* commit([{ slot: 0, start: backfill }, { slot: 0, start: at("2012-04-01") }])
      yield* counted
      const { look } = yield* keep(Duration.hours(48))
      yield* look
      yield* commit([{ slot: 0, start: backfill + 60_000 }])
      yield* counted
      assert.deepStrictEqual(yield* look, [])
      assert.deepStrictEqual(yield* look, ["window_history_1m_20120301"])

      const today = Math.floor((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / dayMillis) * dayMillis
      yield* commit([{ slot: 0, start: today }, { slot: 0, start: today + 3_000 * dayMillis }, {
        slot: 0,
        start: 5e12
      }])
      yield* counted
      yield* look
      yield* look
      assert.strictEqual((yield* parts).length, 3)
    })))

  it.effect("is dropped by several processes without harm", () =>
    inFreshDatabase(Effect.gen(function*() {
      const { commit, counted, parts } = yield* openShard
      const days = Array.from({ length: 10 }, (_, day) => at("2012-03-01") + day * dayMillis)
      yield* commit(days.map((start) => ({ slot: 0, start })))
      yield* counted
      const lookers = yield* Effect.all([1, 2, 3].map(() => keep(Duration.hours(48))))

      for (let pass = 0; pass < 2; pass++) {
        yield* Effect.all(lookers.map(({ look }) => look), { concurrency: "unbounded" })
      }

      assert.strictEqual((yield* parts).length, 3)
    })))
})
