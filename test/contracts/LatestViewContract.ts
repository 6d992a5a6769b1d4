/** The promises of `ports/LatestView.ts`, each as at least one test, for any adapter. */
import { assert, type Vitest } from "@effect/vitest"
import { Duration, Effect, type Scope } from "effect"
import { expiry, type LatestBlocks, type LatestViewService, type LatestWrite } from "../../src/ports/LatestView.ts"

export interface LatestViewHarness {
  /** Of a city of its own; the same city where the name is the same. */
  readonly opened: (city: string) => Effect.Effect<LatestViewService, never, Scope.Scope>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const textOf = (read: LatestBlocks | undefined) =>
  read?.blocks.map(({ facts, values }) => [new TextDecoder().decode(facts), new TextDecoder().decode(values)])

const whole: LatestWrite = {
  shard: 7,
  epoch: 3,
  position: 100,
  after: undefined,
  sensors: 130,
  changes: [
    { block: 0, facts: bytes("f0"), values: bytes("v0") },
    { block: 1, facts: bytes("f1"), values: bytes("v1") },
    { block: 2, facts: bytes("f2"), values: bytes("v2") }
  ]
}

export const latestViewContract = <R>(
  it: Vitest.MethodsNonLive<R>,
  harness: Effect.Effect<LatestViewHarness, never, R | Scope.Scope>
): void => {
  it.effect("has nothing of a shard before its first whole write", () =>
    Effect.gen(function*() {
      const view = yield* (yield* harness).opened("nothing")

      const changes = yield* view.write({ ...whole, after: 1 })

      assert.deepStrictEqual(changes, { _tag: "incomplete" })
      assert.isUndefined(yield* view.read(7, 0, 3))
    }).pipe(Effect.scoped))

  it.effect("reads the blocks that were asked for, as the last write left them, from any process", () =>
    Effect.gen(function*() {
      const { opened } = yield* harness
      const writer = yield* opened("read")
      const reader = yield* opened("read")
      const kept = yield* writer.write(whole)

      const again = yield* writer.write({
        ...whole,
        position: 101,
        after: kept._tag === "kept" ? kept.revision : -1,
        changes: [{ block: 1, facts: undefined, values: bytes("v1 later") }]
      })

      assert.strictEqual(again._tag, "kept")
      assert.deepStrictEqual(textOf(yield* reader.read(7, 0, 9)), [["f0", "v0"], ["f1", "v1 later"], ["f2", "v2"]])
      assert.deepStrictEqual(textOf(yield* reader.read(7, 1, 1)), [["f1", "v1 later"]])
      assert.strictEqual((yield* reader.read(7, 5, 1))?.sensors, 130)
      assert.isUndefined(yield* reader.read(8, 0, 3))
    }).pipe(Effect.scoped))

  it.effect("forgets with a whole write all that was before", () =>
    Effect.gen(function*() {
      const view = yield* (yield* harness).opened("forgets")
      yield* view.write(whole)

      yield* view.write({ ...whole, sensors: 64, changes: whole.changes.slice(0, 1) })

      assert.deepStrictEqual(textOf(yield* view.read(7, 0, 3)), [["f0", "v0"]])
    }).pipe(Effect.scoped))

  it.effect("refuses who was before: an older epoch, or an older position of the same", () =>
    Effect.gen(function*() {
      const view = yield* (yield* harness).opened("older")
      yield* view.write(whole)

      const older = [
        yield* view.write({ ...whole, epoch: 2, position: 999, changes: [] }),
        yield* view.write({ ...whole, position: 99, changes: [] }),
        yield* view.write({ ...whole, epoch: 2, position: 999, after: 1, changes: [] })
      ]
      const newer = yield* view.write({ ...whole, epoch: 4, position: 1 })

      assert.deepStrictEqual(older.map(({ _tag }) => _tag), ["superseded", "superseded", "superseded"])
      assert.strictEqual(newer._tag, "kept")
      assert.strictEqual((yield* view.read(7, 0, 3))?.blocks.length, 3)
    }).pipe(Effect.scoped))

  it.effect("takes changes only as the continuation of what it has", () =>
    Effect.gen(function*() {
      const view = yield* (yield* harness).opened("continuation")
      const kept = yield* view.write(whole)
      const revision = kept._tag === "kept" ? kept.revision : -1

      const ofAnotherOwner = yield* view.write({ ...whole, epoch: 4, after: revision })
      const skipping = yield* view.write({ ...whole, after: revision + 1 })
      const next = yield* view.write({ ...whole, after: revision })
      const repeated = yield* view.write({ ...whole, after: revision })

      assert.deepStrictEqual(
        [ofAnotherOwner, skipping, next, repeated].map(({ _tag }) => _tag),
        ["incomplete", "incomplete", "kept", "incomplete"]
      )
    }).pipe(Effect.scoped))

  it.effect("has a shard without sensors too", () =>
    Effect.gen(function*() {
      const view = yield* (yield* harness).opened("empty")

      yield* view.write({ ...whole, sensors: 0, changes: [] })

      assert.deepStrictEqual(yield* view.read(7, 0, 3), { sensors: 0, blocks: [] })
    }).pipe(Effect.scoped))

  it.effect("keeps cities apart", () =>
    Effect.gen(function*() {
      const { opened } = yield* harness
      const one = yield* opened("one")
      const other = yield* opened("other")
      yield* one.write(whole)

      assert.isUndefined(yield* other.read(7, 0, 3))
      assert.strictEqual((yield* other.write({ ...whole, epoch: 1, position: 1 }))._tag, "kept")
      assert.strictEqual((yield* one.write({ ...whole, position: 101, after: 1 }))._tag, "kept")
    }).pipe(Effect.scoped))

  it.effect("has no more of a shard that nobody writes any longer, and takes the next owner whatever its epoch", () =>
    Effect.gen(function*() {
      const view = yield* (yield* harness).opened("expired")
      yield* view.write(whole)

      yield* Effect.sleep(Duration.sum(expiry, Duration.millis(500)))

      assert.isUndefined(yield* view.read(7, 0, 3))
      assert.strictEqual((yield* view.write({ ...whole, epoch: 1 }))._tag, "kept")
    }).pipe(Effect.scoped))
}
