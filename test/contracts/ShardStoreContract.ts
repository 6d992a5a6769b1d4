/** The promises of `ports/ShardStore.ts`, each as at least one test, for any adapter. */
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { type Commit, type ShardSnapshot, ShardStore } from "../../src/ports/ShardStore.ts"
import { emptyCommit, someBytes, windowColumns } from "./CommitsForTests.ts"

export interface ShardStoreHarness {
  readonly store: ShardStore["Service"]
  /** The same store, opened anew. */
  readonly reopened: Effect.Effect<ShardStore["Service"], never, Scope.Scope>
}

const { shard, stage } = emptyCommit

const parts = (numbers: ReadonlyArray<number>, bytes: number, seed: number) =>
  numbers.map((number) => ({ number, bytes: someBytes(bytes, seed + number) }))

const full: Commit = {
  ...emptyCommit,
  position: { stream: "stream-a", sequence: 4_294_967_297 },
  header: someBytes(50_000, 3),
  groups: [...parts([0, 1, 2], 30_000, 10), { number: 3, bytes: new Uint8Array(0) }, ...parts([9], 1, 7)],
  baselines: parts([0, 5], 1_528, 20),
  datastreams: [{ slot: 0, sensorId: "a/b ü", property: 0 }, { slot: 1, sensorId: "a/b ü", property: 11 }],
  sensors: [
    { number: 0, sensorId: "a/b ü", name: "A → B 🚲", longitude: 24.9384, latitude: 60.1699, district: "kallio" },
    { number: 1, sensorId: "c", name: "", longitude: null, latitude: -0, district: null }
  ]
}

const stateOf = ({ baselines, datastreams, groups, header, position, sensors }: ShardSnapshot | Commit) => ({
  baselines,
  datastreams,
  groups,
  header,
  position,
  sensors
})

const acquired = Effect.fnUntraced(function*(store: ShardStore["Service"]) {
  const [epoch = 0] = yield* store.acquire(stage, [shard], "test")
  return epoch
})

export const shardStoreContract = <R>(
  it: Vitest.MethodsNonLive<R>,
  harness: Effect.Effect<ShardStoreHarness, never, R | Scope.Scope>
): void => {
  it.effect("has nothing of a shard that was never committed", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      yield* acquired(store)

      assert.isUndefined(yield* store.load(stage, shard))
      assert.deepStrictEqual(yield* store.quarantined(stage, shard), [])
    }))

  it.effect("gives exactly what the last commit left, also when opened anew", () =>
    Effect.gen(function*() {
      const { reopened, store } = yield* harness
      const epoch = yield* acquired(store)

      yield* store.commit({ ...full, epoch })

      const expected = stateOf(full)
      const [first, second] = [yield* store.load(stage, shard), yield* (yield* reopened).load(stage, shard)]
      assert.deepStrictEqual(first && stateOf(first), expected)
      assert.deepStrictEqual(second && stateOf(second), expected)
    }))

  it.effect("keeps what a later commit does not name and replaces what it names, longer or shorter", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const epoch = yield* acquired(store)
      const [shorter, longer, third] = [someBytes(5_000, 90), someBytes(41_234, 91), someBytes(9_000, 92)]
      const moved = { number: 1, sensorId: "c", name: "C", longitude: 1, latitude: 2, district: "töölö" }

      yield* store.commit({ ...full, epoch })
      const position = { stream: "stream-a", sequence: 4_294_967_300 }
      const changes = { groups: [{ number: 0, bytes: shorter }, { number: 9, bytes: longer }], sensors: [moved] }
      yield* store.commit({ ...emptyCommit, ...changes, epoch, position, header: someBytes(8, 1) })
      yield* store.commit({ ...emptyCommit, groups: [{ number: 9, bytes: third }], epoch, position })

      const loaded = yield* store.load(stage, shard)
      const group = (number: number) => loaded?.groups.find((part) => part.number === number)?.bytes
      assert.deepStrictEqual(loaded?.groups.map(({ number }) => number), [0, 1, 2, 3, 9])
      assert.deepStrictEqual([group(0), group(1), group(9)], [shorter, full.groups[1]?.bytes, third])
      assert.deepStrictEqual(loaded?.baselines, full.baselines)
      assert.deepStrictEqual(loaded?.sensors, [full.sensors[0], moved])
      assert.deepStrictEqual([loaded?.header.length, loaded?.position], [0, position])
    }))

  it.effect("keeps parts of any length", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const epoch = yield* acquired(store)
      const lengths = [0, 1, 3_999, 4_000, 4_001, 7_999, 8_000, 8_001, 8_192, 131_072, 300_000]
      const groups = lengths.map((length, number) => ({ number, bytes: someBytes(length, number) }))

      yield* store.commit({ ...emptyCommit, epoch, groups, baselines: groups })

      const loaded = yield* store.load(stage, shard)
      assert.deepStrictEqual(loaded?.groups, groups)
      assert.deepStrictEqual(loaded?.baselines, groups)
    }))

  it.effect("holds thousands of datastreams of a shard in order", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const epoch = yield* acquired(store)
      const slots = Array.from({ length: 4_500 }, (_, slot) => slot)
      const datastreams = slots.map((slot) => ({ slot, sensorId: `s${slot}`, property: slot % 17 }))
      const sensors = slots.map((number) => {
        const sensorId = `s${number}`
        return { number, sensorId, name: sensorId, longitude: number / 100, latitude: null, district: null }
      })
      const baselines = slots.map((number) => ({ number, bytes: someBytes(20, number) }))

      yield* store.commit({ ...emptyCommit, epoch, datastreams, sensors, baselines })

      const loaded = yield* store.load(stage, shard)
      assert.deepStrictEqual(loaded?.datastreams, datastreams)
      assert.deepStrictEqual(loaded?.sensors, sensors)
      assert.deepStrictEqual(loaded?.baselines, baselines)
    }))

  it.effect("keeps stages and shards apart", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const [first = 0, last = 0] = yield* store.acquire("sensor", [1, 61], "test")
      const [district = 0] = yield* store.acquire("district", [1], "test")
      const places: ReadonlyArray<Commit> = [
        { ...full, shard: 1, epoch: first, header: someBytes(4, 1) },
        { ...full, shard: 61, epoch: last, header: someBytes(4, 2), datastreams: [], sensors: [] },
        { ...full, stage: "district", shard: 1, epoch: district, header: someBytes(4, 3) }
      ]

      for (const place of places) yield* store.commit(place)

      for (const place of places) {
        const loaded = yield* store.load(place.stage, place.shard)
        assert.deepStrictEqual(loaded && stateOf(loaded), stateOf(place))
      }
      assert.isUndefined(yield* store.load("sensor", 2))
    }))

  it.effect("raises the epoch of each acquired shard by one, in the order given", () =>
    Effect.gen(function*() {
      const { store } = yield* harness

      assert.deepStrictEqual(yield* store.acquire(stage, [3, 1], "a"), [1, 1])
      assert.deepStrictEqual(yield* store.acquire(stage, [1], "b"), [2])
      assert.deepStrictEqual(yield* store.acquire(stage, [2, 1, 3], "c"), [1, 3, 2])
      assert.deepStrictEqual(yield* store.acquire("district", [1], "c"), [1])
      assert.deepStrictEqual(yield* store.acquire(stage, [], "c"), [])
    }))

  it.effect("refuses a commit under an older epoch and leaves nothing of it", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const old = yield* acquired(store)
      yield* store.commit({ ...full, epoch: old })
      yield* acquired(store)
      const windows = windowColumns([{ slot: 0, start: 0 }])
      const late = { ...full, header: someBytes(9, 9), groups: parts([0, 77], 100, 1), windows, epoch: old }

      const refused = yield* Effect.flip(store.commit(late))

      assert.strictEqual(refused._tag, "Fenced")
      const loaded = yield* store.load(stage, shard)
      assert.deepStrictEqual(loaded && stateOf(loaded), stateOf(full))
    }))

  it.effect("refuses a commit under an epoch that nobody acquired", () =>
    Effect.gen(function*() {
      const { store } = yield* harness

      assert.strictEqual((yield* Effect.flip(store.commit({ ...full, epoch: 1 })))._tag, "Fenced")
      yield* acquired(store)
      assert.strictEqual((yield* Effect.flip(store.commit({ ...full, epoch: 2 })))._tag, "Fenced")
      assert.isUndefined(yield* store.load(stage, shard))
    }))

  it.effect("lets nothing of an old owner in once a new one has acquired", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const old = yield* acquired(store)
      const commits = Array.from({ length: 40 }, (_, sequence) => ({
        ...full,
        epoch: old,
        position: { stream: "stream-a", sequence: sequence + 1 }
      }))

      const running = yield* Effect.forEach(commits, (commit) => Effect.exit(store.commit(commit)), {
        concurrency: 4
      }).pipe(Effect.forkScoped)
      yield* Effect.sleep("20 millis")
      yield* acquired(store)
      const taken = yield* store.load(stage, shard)
      const exits = yield* Fiber.join(running)

      assert.deepStrictEqual(yield* store.load(stage, shard), taken)
      const done = exits.filter((exit) => exit._tag === "Success").length
      assert.isTrue(taken === undefined ? done === 0 : done > 0)
    }))

  it.effect("keeps quarantined observations once, in order, and only of an owner", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const epoch = yield* acquired(store)
      const [early, late] = [{ sequence: 5, index: 17 }, { sequence: 2 ** 40, index: 0 }]

      for (const observation of [late, early, late]) yield* store.quarantine(stage, shard, epoch, observation)
      yield* acquired(store)
      const refused = yield* Effect.flip(store.quarantine(stage, shard, epoch, { sequence: 6, index: 1 }))

      assert.strictEqual(refused._tag, "Fenced")
      assert.deepStrictEqual(yield* store.quarantined(stage, shard), [early, late])
      assert.deepStrictEqual(yield* store.quarantined(stage, shard + 1), [])
    }))

  it.effect("is not stopped by a name that a database cannot hold", () =>
    Effect.gen(function*() {
      const { store } = yield* harness
      const epoch = yield* acquired(store)
      const sensor = { number: 0, sensorId: "s", name: "a\0b\ud800", longitude: 0, latitude: 0, district: null }

      yield* store.commit({ ...emptyCommit, epoch, sensors: [sensor] })

      const loaded = yield* store.load(stage, shard)
      assert.strictEqual(loaded?.sensors[0]?.sensorId, "s")
      assert.match(loaded?.sensors[0]?.name ?? "", /^a.b.$/su)
    }))
}
