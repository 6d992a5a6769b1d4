/**
 * The promises of `ports/ShardedLog.ts`, each as at least one test, for any adapter. Torn tails, damage and kills are
 * particular to an adapter and tested there.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, type Scope } from "effect"
import type { Feed, LogFull, ShardedLog } from "../../src/ports/ShardedLog.ts"

export interface ShardedLogSettings {
  /** Shards are numbered from 1. */
  readonly shards: number
  readonly consumers: ReadonlyArray<string>
  /** The log takes at least half of it and refuses before four times of it is kept. */
  readonly limitBytes: number
}

/** One log that can be opened again and again. */
export interface ShardedLogHarness {
  readonly open: Effect.Effect<ShardedLog, { readonly message: string }, Scope.Scope>
}

export interface ShardedLogAdapter {
  readonly name: string
  /** Whether a second opener of the same log is refused by the adapter itself. */
  readonly refusesSecondOpener: boolean
  /** A new, empty log. */
  readonly harness: (settings: ShardedLogSettings) => Effect.Effect<ShardedLogHarness, never, Scope.Scope>
}

const kB = 1024
const small: ShardedLogSettings = { shards: 5, consumers: ["stage", "lake"], limitBytes: 256 * kB }

const text = (payload: Uint8Array): string => new TextDecoder().decode(payload)
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

/** Takes until so many records are there: their sequences and payloads as text. */
export const takeTexts = Effect.fnUntraced(function*(feed: Feed, count: number, bytesMax = 64 * kB) {
  const taken: Array<readonly [number, string]> = []
  while (taken.length < count) {
    for (const { payload, sequence } of yield* feed.take(bytesMax)) taken.push([sequence, text(payload)])
  }
  return taken
})

const appendTexts = (log: ShardedLog, shard: number, texts: ReadonlyArray<string>) =>
  log.append(texts.map((content) => ({ shard, payload: bytes(content) })))

const beginning = (log: ShardedLog) => ({ stream: log.identity.id, sequence: 0 })

/** Appends records of 1 kB to shard 1, 8 at a time, until the log is full: what was acknowledged, and the refusal. */
const fill = Effect.fnUntraced(function*(log: ShardedLog) {
  const payload = new Uint8Array(kB)
  const records = Array.from({ length: 8 }, () => ({ shard: 1, payload }))
  for (let round = 0; round < 1000; round++) {
    const refused = yield* log.append(records).pipe(
      Effect.as(undefined),
      Effect.catchTag("LogFull", (full: LogFull) => Effect.succeed(full))
    )
    if (refused !== undefined) return { refused, last: (yield* log.bounds(1)).last }
  }
  return yield* Effect.die(new Error("the log never became full"))
})

/** Takes until it is refused. A feed may have read ahead and gives that first. */
export const refusalOf = Effect.fnUntraced(function*(feed: Feed) {
  const taken: Array<number> = []
  while (true) {
    const outcome = yield* Effect.result(feed.take(kB))
    if (Result.isFailure(outcome)) return { taken, refusal: outcome.failure }
    taken.push(...outcome.success.map(({ sequence }) => sequence))
  }
})

export const describeShardedLog = (adapter: ShardedLogAdapter): void => {
  const opened = adapter.harness(small).pipe(Effect.flatMap(({ open }) => open))
  describe(`${adapter.name}: order and durability`, () => orderAndDurability(adapter, opened))
  describe(`${adapter.name}: positions`, () => positions(adapter, opened))
  describe(`${adapter.name}: feeds`, () => feeds(opened))
  describe(`${adapter.name}: limit and retention`, () => limitAndRetention(adapter, opened))
}

type Opened = Effect.Effect<ShardedLog, { readonly message: string }, Scope.Scope>

const orderAndDurability = (adapter: ShardedLogAdapter, opened: Opened): void => {
  it.live("begins every shard at sequence 1", () =>
    Effect.gen(function*() {
      const log = yield* opened

      const bounds = yield* Effect.forEach([1, 2, 3, 4, 5], (shard) => log.bounds(shard))

      assert.deepStrictEqual(bounds, Array.from({ length: 5 }, () => ({ first: 1, last: 0 })))
      assert.strictEqual(log.identity.shards, 5)
    }))

  it.live("gives records back in the order of one append, shard by shard, with increasing sequences", () =>
    Effect.gen(function*() {
      const log = yield* opened

      const sequences = yield* log.append(
        ["1a", "2a", "1b", "5a", "1c", "2b"].map((content) => ({ shard: Number(content[0]), payload: bytes(content) }))
      )
      const one = yield* takeTexts(yield* log.subscribe(1, beginning(log)), 3)
      const two = yield* takeTexts(yield* log.subscribe(2, beginning(log)), 2)

      assert.deepStrictEqual(sequences, [1, 1, 2, 1, 3, 2])
      assert.deepStrictEqual(one, [[1, "1a"], [2, "1b"], [3, "1c"]])
      assert.deepStrictEqual(two, [[1, "2a"], [2, "2b"]])
    }))

  it.live("gives every one of many concurrent appends its own sequence, and reads what was written there", () =>
    Effect.gen(function*() {
      const log = yield* opened

      const said = yield* Effect.forEach(
        Array.from({ length: 300 }, (_, i) => i),
        (i) => appendTexts(log, i % 5 + 1, [`${i}`, `${i}'`]).pipe(Effect.map((at) => ({ i, at }))),
        { concurrency: "unbounded" }
      )
      for (let shard = 1; shard <= 5; shard++) {
        const read = new Map(yield* takeTexts(yield* log.subscribe(shard, beginning(log)), 120))

        assert.deepStrictEqual([...read.keys()], Array.from({ length: 120 }, (_, i) => i + 1))
        for (const { at, i } of said.filter(({ i }) => i % 5 + 1 === shard)) {
          assert.deepStrictEqual(at.map((sequence) => read.get(sequence)), [`${i}`, `${i}'`])
          assert.isBelow(at[0] ?? 0, at[1] ?? 0)
        }
      }
    }))

  it.live("keeps what was acknowledged, its sequences and its identity when it is opened again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)

      const identity = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* open
        yield* appendTexts(log, 3, ["a", "b"])
        return log.identity
      }))
      const log = yield* open
      const sequences = yield* appendTexts(log, 3, ["c"])
      const read = yield* takeTexts(yield* log.subscribe(3, { stream: identity.id, sequence: 0 }), 3)

      assert.deepStrictEqual(log.identity, identity)
      assert.deepStrictEqual(sequences, [3])
      assert.deepStrictEqual(read, [[1, "a"], [2, "b"], [3, "c"]])
    }))

  it.live("keeps payloads of any bytes and of any length, the empty one too", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const payloads = [0, 1, 7, 8, 9, 4095, 20_000].map((length) =>
        Uint8Array.from({ length }, (_, i) => (i * 31 + length) % 256)
      )

      yield* log.append(payloads.map((payload) => ({ shard: 2, payload })))
      const feed = yield* log.subscribe(2, beginning(log))
      const read: Array<Uint8Array> = []
      while (read.length < payloads.length) {
        for (const { payload } of yield* feed.take(10_000)) read.push(Uint8Array.from(payload))
      }

      assert.deepStrictEqual(read, payloads)
    }))

  it.live("has the bytes as they were when append was called", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const payload = bytes("before")

      yield* log.append([{ shard: 1, payload }])
      payload.fill(0)

      assert.deepStrictEqual(yield* takeTexts(yield* log.subscribe(1, beginning(log)), 1), [[1, "before"]])
    }))

  it.live("acknowledges an append of nothing", () =>
    Effect.gen(function*() {
      const log = yield* opened

      assert.deepStrictEqual(yield* log.append([]), [])
    }))

  if (adapter.refusesSecondOpener) {
    it.live("refuses a second opener while it is open, and not afterwards", () =>
      Effect.gen(function*() {
        const { open } = yield* adapter.harness(small)

        const refusal = yield* Effect.scoped(Effect.gen(function*() {
          const log = yield* open
          const refusal = yield* Effect.scoped(open).pipe(Effect.flip)
          yield* appendTexts(log, 1, ["still mine"])
          return refusal
        }))
        const log = yield* open

        assert.include(refusal.message, "in use")
        assert.deepStrictEqual(yield* log.bounds(1), { first: 1, last: 1 })
      }))
  }
}

const positions = (adapter: ShardedLogAdapter, opened: Opened): void => {
  it.live("continues behind a position", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* appendTexts(log, 4, ["a", "b", "c"])

      const feed = yield* log.subscribe(4, { stream: log.identity.id, sequence: 2 })

      assert.deepStrictEqual(yield* takeTexts(feed, 1), [[3, "c"]])
    }))

  it.live("honours the position of the last record, and waits there", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* appendTexts(log, 4, ["a"])

      const feed = yield* log.subscribe(4, { stream: log.identity.id, sequence: 1 })
      const next = yield* Effect.forkChild(takeTexts(feed, 1))
      yield* appendTexts(log, 4, ["b"])

      assert.deepStrictEqual(yield* Fiber.join(next), [[2, "b"]])
    }))

  it.live("refuses a position of another stream", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* appendTexts(log, 1, ["a"])

      const refusal = yield* log.subscribe(1, { stream: "another", sequence: 0 }).pipe(Effect.flip)

      assert.strictEqual(refusal._tag, "PositionNotHonoured")
      assert.propertyVal(refusal, "reason", "other-identity")
      assert.include(refusal.message, "another")
    }))

  it.live("refuses the position of a log that was made anew", () =>
    Effect.gen(function*() {
      const old = yield* Effect.scoped(opened.pipe(Effect.map(({ identity }) => identity)))
      const log = yield* opened

      const refusal = yield* log.subscribe(1, { stream: old.id, sequence: 0 }).pipe(Effect.flip)

      assert.notStrictEqual(log.identity.id, old.id)
      assert.propertyVal(refusal, "reason", "other-identity")
    }))

  it.live("refuses a position behind which the log has not come yet", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* appendTexts(log, 1, ["a"])

      const refusal = yield* log.subscribe(1, { stream: log.identity.id, sequence: 2 }).pipe(Effect.flip)
      const elsewhere = yield* log.subscribe(2, { stream: log.identity.id, sequence: 1 }).pipe(Effect.flip)

      assert.propertyVal(refusal, "reason", "ahead-of-log")
      assert.propertyVal(elsewhere, "reason", "ahead-of-log")
    }))

  it.live("refuses a position whose next record was released, and a feed that falls behind", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const log = yield* open
      const slow = yield* log.subscribe(1, beginning(log))
      const { last } = yield* fill(log)
      for (const consumer of small.consumers) yield* log.retain(consumer, 1, last)

      const { first } = yield* log.bounds(1)
      const refusal = yield* log.subscribe(1, { stream: log.identity.id, sequence: first - 2 }).pipe(Effect.flip)
      const behind = yield* refusalOf(slow)
      const kept = yield* log.subscribe(1, { stream: log.identity.id, sequence: first - 1 })

      assert.isAbove(first, 2)
      assert.propertyVal(refusal, "reason", "purged")
      assert.propertyVal(behind.refusal, "reason", "purged")
      assert.deepStrictEqual(behind.taken, Array.from(behind.taken, (_, i) => i + 1))
      if (first <= last) assert.strictEqual((yield* kept.take(kB))[0]?.sequence, first)
    }))
}

const feeds = (opened: Opened): void => {
  it.live("wakes a feed that waits when a record of its shard arrives, not for those of others", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const feed = yield* log.subscribe(2, beginning(log))

      const next = yield* Effect.forkChild(takeTexts(feed, 2))
      yield* appendTexts(log, 1, ["other"])
      yield* appendTexts(log, 2, ["first"])
      yield* appendTexts(log, 2, ["second"])

      assert.deepStrictEqual(yield* Fiber.join(next), [[1, "first"], [2, "second"]])
    }))

  it.live("gives every feed of a shard all of it", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const a = yield* log.subscribe(1, beginning(log))
      const b = yield* log.subscribe(1, beginning(log))
      yield* appendTexts(log, 1, ["x", "y"])

      assert.deepStrictEqual(yield* takeTexts(a, 2), [[1, "x"], [2, "y"]])
      assert.deepStrictEqual(yield* takeTexts(b, 2), [[1, "x"], [2, "y"]])
    }))

  it.live("takes about as many bytes as it is asked for, and at least one record", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* log.append(Array.from({ length: 20 }, () => ({ shard: 1, payload: new Uint8Array(2 * kB) })))
      const feed = yield* log.subscribe(1, beginning(log))

      const one = yield* feed.take(1)
      const some = yield* feed.take(8 * kB)

      assert.lengthOf(one, 1)
      assert.isAtLeast(some.length, 1)
      assert.isAtMost(some.length, 8)
    }))

  it.live("loses nothing when a take is interrupted while it waits", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const feed = yield* log.subscribe(1, beginning(log))

      const waiting = yield* Effect.forkChild(feed.take(kB))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      yield* appendTexts(log, 1, ["a"])

      assert.deepStrictEqual(yield* takeTexts(feed, 1), [[1, "a"]])
    }))

  it.live("ends feeds and refuses appends when the log is closed", () =>
    Effect.gen(function*() {
      const { log, waiting } = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* opened
        const feed = yield* log.subscribe(1, beginning(log))
        const waiting = yield* Effect.forkDetach(Effect.flip(feed.take(kB)))
        yield* Effect.yieldNow
        return { log, waiting }
      }))

      assert.strictEqual((yield* Fiber.join(waiting))._tag, "LogUnavailable")
      assert.strictEqual((yield* appendTexts(log, 1, ["late"]).pipe(Effect.flip))._tag, "LogUnavailable")
    }))
}

const limitAndRetention = (adapter: ShardedLogAdapter, opened: Opened): void => {
  it.live("refuses new data at its limit and keeps all the old", () =>
    Effect.gen(function*() {
      const log = yield* opened

      const { last, refused } = yield* fill(log)
      const read = yield* takeTexts(yield* log.subscribe(1, beginning(log)), last)

      assert.isAtLeast(last * kB, small.limitBytes / 2)
      assert.isAbove(refused.retryAfterMillis, 0)
      assert.isAtMost((yield* log.usage).bytes, 4 * small.limitBytes)
      assert.lengthOf(read, last)
      assert.deepStrictEqual(yield* log.bounds(1), { first: 1, last })
    }))

  it.live("has room again only when every consumer has released something", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const { last } = yield* fill(log)

      yield* log.retain("stage", 1, last)
      const stillFull = yield* log.append([{ shard: 1, payload: new Uint8Array(8 * kB) }]).pipe(Effect.flip)
      yield* log.retain("lake", 1, last)
      const [next] = yield* log.append([{ shard: 1, payload: new Uint8Array(8 * kB) }])

      assert.strictEqual(stillFull._tag, "LogFull")
      assert.strictEqual(next, last + 1)
      assert.isAbove((yield* log.bounds(1)).first, 1)
    }))

  it.live("keeps everything above the lowest position of its consumers, in every shard", () =>
    Effect.gen(function*() {
      const log = yield* opened
      yield* appendTexts(log, 2, ["keep me"])
      const { last } = yield* fill(log)
      const needed = Math.floor(last / 2)

      yield* log.retain("stage", 1, last)
      yield* log.retain("stage", 2, 1)
      yield* log.retain("lake", 1, needed)
      const one = yield* takeTexts(
        yield* log.subscribe(1, { stream: log.identity.id, sequence: needed }),
        last - needed
      )
      const two = yield* takeTexts(yield* log.subscribe(2, beginning(log)), 1)

      assert.deepStrictEqual(
        one.map(([sequence]) => sequence),
        Array.from({ length: last - needed }, (_, i) => needed + 1 + i)
      )
      assert.deepStrictEqual(two, [[1, "keep me"]])
    }))

  it.live("does not let a position go back", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const { last } = yield* fill(log)
      yield* log.retain("stage", 1, last)
      yield* log.retain("stage", 1, 0)

      yield* log.retain("lake", 1, last)

      assert.lengthOf(yield* log.append([{ shard: 1, payload: new Uint8Array(8 * kB) }]), 1)
    }))

  it.live("keeps sequences and bounds of a shard whose records are all released, also when opened again", () =>
    Effect.gen(function*() {
      const { open } = yield* adapter.harness(small)
      const before = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* open
        yield* appendTexts(log, 2, ["a", "b"])
        const { last } = yield* fill(log)
        for (const consumer of small.consumers) {
          yield* log.retain(consumer, 2, 2)
          yield* log.retain(consumer, 1, last)
        }
        return yield* log.bounds(2)
      }))

      const log = yield* open
      const [next] = yield* appendTexts(log, 2, ["c"])

      assert.deepStrictEqual(before, { first: 3, last: 2 })
      assert.strictEqual(next, 3)
      assert.deepStrictEqual(yield* log.bounds(2), { first: 3, last: 3 })
      assert.propertyVal(
        yield* log.subscribe(2, { stream: log.identity.id, sequence: 1 }).pipe(Effect.flip),
        "reason",
        "purged"
      )
      assert.deepStrictEqual(
        yield* takeTexts(yield* log.subscribe(2, { stream: log.identity.id, sequence: 2 }), 1),
        [[3, "c"]]
      )
    }))

  it.live("tells how much it holds", () =>
    Effect.gen(function*() {
      const log = yield* opened
      const before = yield* log.usage

      yield* log.append([{ shard: 1, payload: new Uint8Array(10 * kB) }])

      assert.isAtLeast((yield* log.usage).bytes - before.bytes, 10 * kB)
      assert.isAbove(before.limitBytes, 0)
    }))
}
