/** Typed arrays as parameters: what arrives is what was sent, and ordinary arrays still work. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { byteas, float8s, int4s, texts, timestamps } from "../../../src/adapters/postgres/PostgresArrays.ts"
import { someBytes } from "../../contracts/CommitsForTests.ts"
import * as ForTests from "../../PostgresForTests.ts"

const suite = ForTests.freshDatabase

layer(ForTests.layer, { timeout: "60 seconds", excludeTestServices: true })("arrays", (it) => {
  it.effect("arrive bit for bit", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient
      const integers = new Int32Array([0, 1, -1, 2_147_483_647, -2_147_483_648])
      const floats = new Float64Array([NaN, -0, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1])
      const instants = new Float64Array([0, -1, 1, 946_684_800_000, 946_684_799_999, -8_520_336_000_000, 8.64e15])
      const blobs = [0, 1, 5_000].map((length) => someBytes(length, length))

      const [row] = yield* sql.unsafe<Record<string, unknown>>(
        `SELECT $1::int4[] AS i, $2::float8[] AS f, $3::timestamptz[] AS t, $4::bytea[] AS b, $5::text[] AS s`,
        [int4s(integers), float8s(floats), timestamps(instants), byteas(blobs), texts(["a", null, "ü"])]
      )

      assert.deepStrictEqual(row?.["i"], Array.from(integers))
      assert.deepStrictEqual(row?.["f"], Array.from(floats))
      assert.deepStrictEqual(row?.["t"], Array.from(instants, (millis) => new Date(millis)))
      assert.deepStrictEqual(row?.["b"], blobs)
      assert.deepStrictEqual(row?.["s"], ["a", null, "ü"])
    }).pipe(Effect.provide(suite)))

  it.effect("may be empty, a view into a larger buffer, or larger than any buffer kept", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient
      const large = new Int32Array(300_000).fill(3)
      const view = new Float64Array([9, 1, 2, 9]).subarray(1, 3)

      const [row] = yield* sql.unsafe<Record<string, unknown>>(
        `SELECT cardinality($1::int4[]) AS none, cardinality($2::bytea[]) AS blobs, $3::float8[] AS view,
          (SELECT sum(x)::int4 FROM unnest($4::int4[]) x) AS sum`,
        [int4s(new Int32Array(0)), byteas([]), float8s(view), int4s(large)]
      )

      assert.deepStrictEqual(row, { none: 0, blobs: 0, view: [1, 2], sum: 900_000 })
    }).pipe(Effect.provide(suite)))

  it.effect("of instants have an SQL null where there is no number", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient
      const arrays = [[1, NaN, 2], [NaN, NaN], [3]].map((millis) => timestamps(new Float64Array(millis)))

      const [row] = yield* sql.unsafe<Record<string, unknown>>(
        `SELECT $1::timestamptz[] AS some, $2::timestamptz[] AS all, $3::timestamptz[] AS none`,
        arrays
      )

      assert.deepStrictEqual(row, { some: [new Date(1), null, new Date(2)], all: [null, null], none: [new Date(3)] })
    }).pipe(Effect.provide(suite)))

  it.effect("may still be ordinary arrays", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient

      const [row] = yield* sql.unsafe<Record<string, unknown>>(
        `SELECT $1::int4[] AS i, $2::float8[] AS f, $3::timestamptz[] AS t`,
        [[1, 2], [0.5, 1.5], [new Date(5)]]
      )

      assert.deepStrictEqual(row, { i: [1, 2], f: [0.5, 1.5], t: [new Date(5)] })
    }).pipe(Effect.provide(suite)))
})
