/** How sensors are, as lists and details show it: by the same rule as the confidence of their district. */
import { assert, describe, it } from "@effect/vitest"
import * as Queries from "../../src/actors/SensorShardQueries.ts"
import type { SensorHealth } from "../../src/schemas/Sensor.ts"
import { itemsOf } from "./ItemsOf.ts"
import { batchOf, type Sent, StoredShard, tickAt } from "./StoredShard.ts"

const speed = 0
const noise = 10
/** A Monday, in UTC as the shard has it. */
const monday = Date.UTC(2026, 5, 1)
const minute = 60_000
const hour = 60 * minute

/** Every five minutes what `observe` gives, with a tick after it; at the end a tick alone. */
const lived = (until: number, observe: (time: number) => ReadonlyArray<Sent>, then = until) => {
  const stored = new StoredShard()
  for (let time = monday; time < until; time += 5 * minute) {
    const observations = observe(time)
    if (observations.length > 0) stored.apply(batchOf(observations, { receivedAt: time + 1_000 }))
    stored.apply(tickAt(time + 2_000))
  }
  return stored.apply(tickAt(then))
}

const healthOf = ({ shard }: StoredShard, sensorId: string) => Queries.detail(shard, sensorId)?.health
const observed = (sensorId: string, time: number, result: number, more: Partial<Sent> = {}): Sent => ({
  sensorId,
  property: speed,
  time,
  result,
  ...more
})

describe("a sensor is", () => {
  it("stuck when one of its datastreams gives the same for an hour, whatever the others do", () => {
    const stored = lived(monday + 2 * hour, (time) => [
      observed("a", time, 30 + time % 7),
      observed("a", time, 55, { property: noise }),
      observed("b", time, 30 + time % 7)
    ])

    const { datastreams, health } = Queries.detail(stored.shard, "a") ?? {}
    assert.strictEqual(health, "stuck")
    assert.deepStrictEqual(datastreams?.map((stream) => [stream.property, stream.health]), [
      ["vehicle_speed", "ok"],
      ["noise", "stuck"]
    ])
    assert.strictEqual(healthOf(stored, "b"), "ok")
  })

  it("ok while it stands at zero: there may be nothing to measure", () => {
    assert.strictEqual(healthOf(lived(monday + 2 * hour, (time) => [observed("a", time, 0)]), "a"), "ok")
  })

  it("silent when it is overdue by its own rhythm, until it reports again", () => {
    const stored = lived(monday + 2 * hour, (time) => time < monday + hour ? [observed("a", time, time % 7)] : [])
    const early = lived(monday + hour, (time) => [observed("a", time, time % 7)], monday + hour + 5 * minute)

    assert.strictEqual(healthOf(early, "a"), "ok")
    assert.strictEqual(healthOf(stored, "a"), "silent")
    stored.apply(batchOf([observed("a", monday + 2 * hour, 4)], { receivedAt: monday + 2 * hour }))
    assert.strictEqual(healthOf(stored, "a"), "ok")
  })

  it("silent only at hours of the week at which it reports, or did the day before", () => {
    const stored = lived(
      monday + 26 * hour,
      (time) => [
        observed("always", time, time % 7),
        ...((time - monday) % (24 * hour) < 2 * hour ? [observed("at night", time, time % 7)] : [])
      ],
      monday + 31 * hour
    )

    assert.strictEqual(healthOf(stored, "always"), "silent")
    assert.strictEqual(healthOf(stored, "at night"), "ok")
  })

  it("never silent where it moves: it may have gone home", () => {
    const stored = lived(
      monday + 2 * hour,
      (time) =>
        time < monday + hour ? [observed("a", time, time % 7, { location: [24.9 + (time - monday) / 1e8, 60.2] })] : []
    )

    assert.strictEqual(healthOf(stored, "a"), "ok")
  })

  it("still silent after a restart, and the filter finds it", () => {
    const stored = lived(
      monday + 2 * hour,
      (time) => [observed("b", time, time % 7), ...(time < monday + hour ? [observed("a", time, time % 7)] : [])]
    ).restart()

    const ids = (health: SensorHealth) => itemsOf(Queries.sensors(stored.shard, 0, 10, { health })).map(({ id }) => id)
    assert.deepStrictEqual(ids("silent"), ["a"])
    assert.deepStrictEqual(ids("ok"), ["b"])
    assert.deepStrictEqual(ids("stuck"), [])
  })
})
