/** Which part of a recording is replayed, and to which instants it is shifted. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import { decodeMapping } from "../../src/ingest/FindMapping.ts"
import { replaySpan, type SpanOptions, wholeSpan } from "../../src/ingest/ReplaySpan.ts"
import { files, temporaryFolder } from "./Logs.ts"
import { writeLong } from "./Recordings.ts"

const matrix = {
  name: "loops",
  shape: "matrix",
  file: "speed.csv",
  timeZone: "America/Los_Angeles",
  start: "2012-03-01T00:00",
  stepSeconds: 300,
  property: "vehicle_speed"
}
const span = Effect.fnUntraced(function*(options: SpanOptions, mapping: unknown = matrix) {
  return yield* replaySpan("nowhere", yield* decodeMapping(mapping, "test"), options)
})
const instant = (iso: string): number => Date.parse(iso)
const clock = (timeZone: string, time: number): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit" }).format(time)

describe("the span of a replay", () => {
  it.live("is the whole recording in its own time unless asked", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* span({}), wholeSpan)
    }).pipe(Effect.provide(files)))

  it.live("is shifted by whole weeks of local time to the first such hour at or after the instant asked for", () =>
    Effect.gen(function*() {
      const start = instant("2012-03-01T00:00:00-08:00")
      for (
        const startAt of [
          "2026-11-24T07:30:00Z",
          "2026-07-02T06:59:59Z",
          "2026-07-02T07:00:00Z",
          "1999-12-31T23:00:00Z"
        ]
      ) {
        const { shiftMillis } = yield* span({ startAt: instant(startAt), from: start })

        const shifted = start + shiftMillis
        assert.strictEqual(clock("America/Los_Angeles", shifted), "Thu 00:00")
        assert.isAtLeast(shifted, instant(startAt))
        assert.isAtMost(shifted, instant(startAt) + 7 * 86_400_000 + 3_600_000)
      }
      // Exactly then: midnight of a Thursday in summer, when Los Angeles is another hour from UTC than in the recording.
      assert.strictEqual(
        start + (yield* span({ startAt: instant("2026-07-02T07:00:00Z"), from: start })).shiftMillis,
        instant("2026-07-02T07:00:00Z")
      )
    }).pipe(Effect.provide(files)))

  it.live("starts exactly then with the recording's first such hour of the week where no other start is asked for", () =>
    Effect.gen(function*() {
      const starts: ReadonlyArray<readonly [startAt: string, from: string]> = [
        // The recording starts on a Thursday at midnight.
        ["2026-11-26T08:00:00Z", "2012-03-01T00:00:00-08:00"],
        ["2026-11-26T08:30:00Z", "2012-03-01T00:30:00-08:00"],
        ["2026-11-26T07:00:01Z", "2012-02-29T23:00:01-08:00"],
        ["2026-11-26T07:00:00Z", "2012-03-07T23:00:00-08:00"],
        // In summer of another year, and before the recording.
        ["2026-07-02T07:00:00Z", "2012-03-01T00:00:00-08:00"],
        ["2011-02-27T20:00:00Z", "2012-03-04T12:00:00-08:00"]
      ]
      for (const [startAt, from] of starts) {
        const found = yield* span({ startAt: instant(startAt), limit: 60_000 })

        assert.deepStrictEqual(found, {
          from: instant(from),
          to: instant(from) + 60_000,
          shiftMillis: instant(startAt) - instant(from)
        })
      }
    }).pipe(Effect.provide(files)))

  it.live("can show the recording's clocks on those of another city", () =>
    Effect.gen(function*() {
      const startAt = instant("2026-11-26T00:00:00+02:00")
      const { from, shiftMillis } = yield* span({ startAt, timeZone: "Europe/Helsinki" })

      assert.strictEqual(from, instant("2012-03-01T00:00:00-08:00"))
      assert.strictEqual(from + shiftMillis, startAt)
    }).pipe(Effect.provide(files)))

  it.live("is limited from its start, or from the time asked for", () =>
    Effect.gen(function*() {
      const start = instant("2012-03-01T00:00:00-08:00")

      assert.deepStrictEqual(yield* span({ limit: 3_600_000 }), {
        from: -Infinity,
        to: start + 3_600_000,
        shiftMillis: 0
      })
      assert.deepStrictEqual(yield* span({ from: start + 60_000, limit: 3_600_000 }), {
        from: start + 60_000,
        to: start + 3_660_000,
        shiftMillis: 0
      })
    }).pipe(Effect.provide(files)))

  it.live("starts with the earliest row of a long table, wherever it stands", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const mapping = writeLong(folder, 3, 100)

      const { to } = yield* replaySpan(folder, mapping, { limit: 1000 })

      assert.strictEqual(to, Date.UTC(2012, 2, 1, 8) + 1000)
      const missing = yield* Effect.flip(replaySpan(path.join(folder, "nowhere"), mapping, { limit: 1000 }))
      assert.match(missing.message, /^buses.csv: cannot be read/)
    }).pipe(Effect.provide(files)))
})
