/** The promises of `ports/RejectedLog.ts`, each as at least one test, for any adapter. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { rawBytesMax, type RejectedLog, type Rejection } from "../../src/ports/RejectedLog.ts"
import type { RejectionReason } from "../../src/schemas/Observation.ts"

type Log = RejectedLog["Service"]

/** One log that can be opened again and again. */
export interface RejectedLogHarness {
  readonly open: Effect.Effect<Log, { readonly message: string }, Scope.Scope>
}

export interface RejectedLogAdapter {
  readonly name: string
  /** Whether an id that went may be known a while longer, so that nothing can be said of when it is kept again. */
  readonly remembersLonger?: boolean
  /** A new, empty log that holds about `limitBytes`. */
  readonly harness: (limitBytes: number) => Effect.Effect<RejectedLogHarness, never, Scope.Scope>
}

const kB = 1024
const roomy = 4 * kB * kB

export const rejection = (nth: number, changes: Partial<Rejection> = {}): Rejection => {
  const raw = new TextEncoder().encode(`{"nth":${nth}}`)
  return {
    id: `r-${nth}`,
    receivedAt: 1_700_000_000_000 + nth,
    source: "http",
    reason: "bad-time",
    detail: `phenomenonTime of item ${nth} is no RFC 3339 time`,
    raw,
    rawBytes: raw.length,
    ...changes
  }
}

const upTo = (count: number, changes: (nth: number) => Partial<Rejection> = () => ({})): ReadonlyArray<Rejection> =>
  Array.from({ length: count }, (_, i) => rejection(i + 1, changes(i + 1)))

const idsOf = (items: ReadonlyArray<Rejection>): ReadonlyArray<string> => items.map(({ id }) => id)

/** Ids of all pages, newest first. */
export const allIds = Effect.fnUntraced(function*(log: Log, limit: number, reason?: RejectionReason) {
  const ids: Array<string> = []
  let page = yield* log.list({ limit, reason })
  ids.push(...idsOf(page.items))
  while (page.nextCursor !== null) {
    page = yield* log.list({ limit, reason, cursor: page.nextCursor })
    assert.isAbove(page.items.length, 0, "a cursor leads to something")
    ids.push(...idsOf(page.items))
  }
  return ids
})

export const describeRejectedLog = (adapter: RejectedLogAdapter): void => {
  const opened = adapter.harness(roomy).pipe(Effect.flatMap(({ open }) => open))
  describe(`${adapter.name}: keeping`, () => keeping(adapter, opened))
  describe(`${adapter.name}: listing`, () => listing(opened))
  describe(`${adapter.name}: limit`, () => limit(adapter))
}

type Opened = Effect.Effect<Log, { readonly message: string }, Scope.Scope>

const keeping = (adapter: RejectedLogAdapter, opened: Opened): void => {
  it.live("is empty at first", () =>
    Effect.gen(function*() {
      const log = yield* opened

      assert.deepStrictEqual(yield* log.list({ limit: 10 }), { items: [], nextCursor: null })
      assert.deepStrictEqual(yield* log.counts, { byReason: {}, total: 0, dropped: 0 })
    }))

  it.live("keeps a rejection with its reason and raw bytes, of whatever kind they are", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const odd = rejection(1, {
        id: 'söme id/with "everything"\n',
        source: "replay:los-loop",
        detail: "",
        raw: Uint8Array.from([0, 255, 10, 13, 128]),
        rawBytes: 5
      })
      const empty = rejection(2, { raw: new Uint8Array(0), rawBytes: 0 })

      yield* log.record([odd, empty])

      assert.deepStrictEqual((yield* log.list({ limit: 10 })).items, [empty, odd])
    }))

  it.live("keeps at most the first 64 KiB of the raw bytes, and their true length", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const raw = Uint8Array.from({ length: rawBytesMax + 10 }, (_, i) => i % 251)

      yield* log.record([rejection(1, { raw, rawBytes: 9_999_999 })])
      const [kept] = (yield* log.list({ limit: 1 })).items

      assert.strictEqual(kept?.rawBytes, 9_999_999)
      assert.deepStrictEqual(kept?.raw, raw.slice(0, rawBytesMax))
    }))

  it.live("has it all when it is opened again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(roomy)
      const rejections = upTo(20, (nth) => ({ reason: nth % 2 === 0 ? "future" : "implausible" }))

      yield* Effect.scoped(Effect.flatMap(open, (log) => log.record(rejections)))
      const log = yield* open

      assert.deepStrictEqual((yield* log.list({ limit: 100 })).items, rejections.toReversed())
      assert.deepStrictEqual(yield* log.counts, { byReason: { future: 10, implausible: 10 }, total: 20, dropped: 0 })
    }))

  it.live("keeps a repeated id once: in one call, in another, at the same time, and when opened again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(roomy)

      yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* open
        yield* log.record([rejection(1), rejection(1)])
        yield* log.record([rejection(1), rejection(2)])
        yield* Effect.forEach([3, 4, 3, 4, 3], (nth) => log.record([rejection(nth)]), { concurrency: "unbounded" })
      }))
      const log = yield* open
      yield* log.record(upTo(5))

      assert.deepStrictEqual((yield* allIds(log, 100)).toSorted(), ["r-1", "r-2", "r-3", "r-4", "r-5"])
      assert.strictEqual((yield* log.counts).total, 5)
    }))

  it.live("has on disk what a concurrent call for the same id was told is kept", () =>
    Effect.gen(function*() {
      const log = yield* opened

      const seen = yield* Effect.forEach(
        Array.from({ length: 8 }),
        () => Effect.andThen(log.record([rejection(1)]), log.list({ limit: 1 })),
        { concurrency: "unbounded" }
      )

      assert.deepStrictEqual(seen.map(({ items }) => idsOf(items)), Array.from({ length: 8 }, () => ["r-1"]))
    }))

  it.live("keeps it itself where the call that was about to is interrupted before it does, in the order given", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(32 * roomy)
      const log = yield* open
      const raw = new Uint8Array(rawBytesMax)
      const large = upTo(160, () => ({ raw, rawBytes: raw.length }))
      const [ahead, behind] = [large.slice(0, 50), large.slice(50)]
      const record = (rejections: ReadonlyArray<Rejection>) =>
        Effect.forkScoped(log.record(rejections), { startImmediately: true })

      const first = yield* record(ahead)
      const second = yield* record(behind.slice(1))
      const third = yield* record(behind)
      yield* Fiber.interrupt(second)
      yield* Fiber.join(first)
      yield* Fiber.join(third)

      assert.deepStrictEqual(yield* allIds(log, 1000), idsOf(large.toReversed()))
    }))

  it.live("takes nothing, and more at once than fits one write", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(32 * roomy)
      const log = yield* open
      const raw = new Uint8Array(rawBytesMax)

      yield* log.record([])
      yield* log.record(upTo(200, () => ({ raw, rawBytes: raw.length })))

      assert.strictEqual((yield* log.counts).total, 200)
      assert.lengthOf(yield* allIds(log, 1000), 200)
    }))
}

const listing = (opened: Opened): void => {
  it.live("lists newest first, page by page", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* log.record(upTo(25))

      const first = yield* log.list({ limit: 10 })

      assert.deepStrictEqual(idsOf(first.items), Array.from({ length: 10 }, (_, i) => `r-${25 - i}`))
      assert.deepStrictEqual(yield* allIds(log, 10), Array.from({ length: 25 }, (_, i) => `r-${25 - i}`))
      assert.deepStrictEqual(yield* allIds(log, 5), yield* allIds(log, 25))
    }))

  it.live("repeats and misses nothing when new ones arrive between two pages", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* log.record(upTo(10))

      const first = yield* log.list({ limit: 4 })
      yield* log.record([rejection(11)])
      const second = yield* log.list({ limit: 10, cursor: first.nextCursor ?? "" })

      assert.deepStrictEqual(
        idsOf([...first.items, ...second.items]),
        Array.from({ length: 10 }, (_, i) => `r-${10 - i}`)
      )
    }))

  it.live("lists those of one reason only", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* log.record(upTo(30, (nth) => ({ reason: nth % 3 === 0 ? "quarantined" : "bad-time" })))

      const ids = yield* allIds(log, 4, "quarantined")

      assert.deepStrictEqual(ids, Array.from({ length: 10 }, (_, i) => `r-${30 - 3 * i}`))
      assert.deepStrictEqual(yield* allIds(log, 4, "ancient"), [])
    }))

  it.live("refuses a cursor it did not give", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const other = yield* opened
      yield* other.record(upTo(2))
      const { nextCursor } = yield* other.list({ limit: 1 })

      for (const cursor of ["", "nonsense", "0", nextCursor ?? ""]) {
        const refusal = yield* log.list({ limit: 1, cursor }).pipe(Effect.flip)

        assert.strictEqual(refusal._tag, "BadCursor")
      }
    }))

  it.live("answers an absurd limit with a page", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* log.record(upTo(3))

      assert.lengthOf((yield* log.list({ limit: 0 })).items, 1)
      assert.lengthOf((yield* log.list({ limit: 1e9 })).items, 3)
    }))
}

const limit = (adapter: RejectedLogAdapter): void => {
  const small = 256 * kB
  const raw = new Uint8Array(4 * kB)
  const many = upTo(300, (nth) => ({ raw, rawBytes: 4 * kB, reason: nth % 2 === 0 ? "future" : "ancient" }))

  it.live("lets the oldest go at its limit, and counts them", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const log = yield* open

      yield* Effect.forEach(many, (one) => log.record([one]), { discard: true })
      const ids = yield* allIds(log, 7)
      const counts = yield* log.counts

      assert.isAtLeast(ids.length, 20)
      assert.isAtMost(ids.length, 64)
      assert.deepStrictEqual(ids, Array.from({ length: ids.length }, (_, i) => `r-${300 - i}`))
      assert.deepStrictEqual(counts, { byReason: { future: 150, ancient: 150 }, total: 300, dropped: 300 - ids.length })
    }))

  it.live("remembers the counts of what went when it is opened again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const before = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* open
        yield* Effect.forEach(many, (one) => log.record([one]), { discard: true })
        return { counts: yield* log.counts, ids: yield* allIds(log, 100) }
      }))

      const log = yield* open

      assert.deepStrictEqual(yield* log.counts, before.counts)
      assert.deepStrictEqual(yield* allIds(log, 100), before.ids)
    }))

  it.live("ends a list whose rest went meanwhile, and keeps an id again that went", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const log = yield* open
      yield* log.record(many.slice(0, 20))
      const { nextCursor } = yield* log.list({ limit: 5 })

      yield* Effect.forEach(many.slice(20), (one) => log.record([one]), { discard: true })
      const rest = yield* log.list({ limit: 100, cursor: nextCursor ?? "" })

      assert.deepStrictEqual(rest, { items: [], nextCursor: null })
      if (adapter.remembersLonger === true) return
      yield* log.record([rejection(1)])
      assert.deepStrictEqual(idsOf((yield* log.list({ limit: 1 })).items), ["r-1"])
      assert.strictEqual((yield* log.counts).total, 301)
    }))
}
