/**
 * Runners that start on a filled log and an empty database, until both stages have applied everything and committed it. Promises: nothing
 * asks a runner while it works off its first stage (the database tells how far it is); it is over when its own diagnostics say so,
 * and what counts is its whole life, the last commit included.
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect, Redacted } from "effect"
import * as PostgresClient from "../src/adapters/postgres/PostgresClient.ts"
import { caughtUp } from "../stack/CaughtUp.ts"
import type { ClusterServers, RunOptions } from "./ClusterServers.ts"

export interface RunFigures {
  /** Of all runners. */
  readonly cpuSeconds: number
  /** From the start of the processes until nothing was left to apply. */
  readonly seconds: number
  /** Of the largest runner. */
  readonly maxRssMB: number
  readonly natsCpuSeconds: number
  readonly databaseCpuSeconds: number
  readonly counted: number
}

interface Diagnosed {
  /** Records not yet applied. */
  readonly lag: number
  readonly accounting: { readonly counted: number }
}

export const diagnosed = (url: string) =>
  Effect.promise(async () => await (await fetch(`${url}/health/diagnostics`)).json() as Diagnosed)

/** Every shard of the first stage has committed what was filled. */
const committed = Effect.fnUntraced(function*(filled: ReadonlyMap<number, number>) {
  const sql = yield* PgClient
  while (true) {
    const rows = yield* sql.unsafe<{ readonly shard: number; readonly sequence: number }>(
      "SELECT shard, sequence::float8 AS sequence FROM internal.shard_position WHERE stage = 'sensor'"
    )
    const at = new Map(rows.map(({ sequence, shard }) => [shard, sequence]))
    if (Array.from(filled).every(([shard, last]) => (at.get(shard) ?? 0) >= last)) return
    yield* Effect.sleep("250 millis")
  }
})

/** Starts so many runners on what is filled, waits until they have caught up and stops them. */
export const catchUp = Effect.fnUntraced(function*(servers: ClusterServers, runners: number, options: RunOptions = {}) {
  const filled = yield* servers.filled
  const run = yield* servers.fresh(options)
  const natsBefore = servers.natsCpuSeconds()
  const startedAt = performance.now()
  const all = yield* Effect.forEach(Array.from({ length: runners }, (_, i) => i + 1), (number) => run.runner(number))
  yield* Effect.forEach(all, ({ ready }) => ready, { concurrency: "unbounded" })
  const database = PostgresClient.layer({ server: { url: Redacted.make(run.postgres.url) } })
  yield* Effect.provide(committed(filled), database)
  const urls = all.map(({ url }) => url)
  yield* caughtUp(urls)
  const seconds = (performance.now() - startedAt) / 1000
  const applied = yield* Effect.forEach(urls, diagnosed)
  const databaseCpuSeconds = run.databaseCpuSeconds()
  const natsCpuSeconds = servers.natsCpuSeconds() - natsBefore
  yield* Effect.forEach(all, ({ stop }) => stop, { concurrency: "unbounded" })
  const ends = all.map(({ atExit }) => atExit())
  const figures: RunFigures = {
    cpuSeconds: ends.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    seconds,
    maxRssMB: Math.max(...ends.map(({ maxRssMB }) => maxRssMB)),
    natsCpuSeconds,
    databaseCpuSeconds,
    counted: applied.reduce((sum, { accounting }) => sum + accounting.counted, 0)
  }
  return figures
}, Effect.scoped)

/** Two runners, an ingest and an api process that are ready. */
export const wholeCity = Effect.fnUntraced(function*(servers: ClusterServers, options: RunOptions) {
  const run = yield* servers.fresh(options)
  const runners = yield* Effect.forEach([1, 2], (number) => run.runner(number))
  const api = yield* run.role("api", ["--role", "api"])
  const ingest = yield* run.role("ingest", ["--role", "ingest"])
  const all = [...runners, api, ingest]
  yield* Effect.forEach(all, ({ ready }) => ready, { concurrency: "unbounded" })
  return { run, runners, api, ingest, all }
})
