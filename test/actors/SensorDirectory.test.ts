/** Who is who in a shard, against plain Maps. */
import { assert, describe, it } from "@effect/vitest"
import { SensorDirectory } from "../../src/actors/SensorDirectory.ts"
import { datastreamHash } from "../../src/schemas/DatastreamHash.ts"

const bytesOf = (id: string): Uint8Array => new TextEncoder().encode(id)

const slotOf = (directory: SensorDirectory, id: string, property: number): number => {
  // In the middle of other bytes, as in a batch.
  const bytes = bytesOf(`x${id}y`)
  return directory.slotOf(datastreamHash(bytesOf(id), property), bytes, 1, bytes.length - 1, property)
}

const ensure = (directory: SensorDirectory, id: string, property: number): number => {
  const known = slotOf(directory, id, property)
  return known >= 0 ? known : directory.addDatastream(directory.ensureSensor(id), property)
}

/** A repeatable stream of integers below `bound` (xorshift32). */
const integers = (seed: number) => {
  let state = seed
  return (bound: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

describe("SensorDirectory", () => {
  it("finds 200,000 random datastreams as a Map does", () => {
    const below = integers(20_260_601)
    const directory = new SensorDirectory()
    const slots = new Map<string, number>()
    const sensors = new Map<string, number>()
    for (let i = 0; i < 200_000; i++) {
      const n = below(60_000)
      const id = [`s${n}`, `HSL:${n}/käyrä`, `${n}🌡️`, `\uFEFF${n}`][n % 4] ?? ""
      const property = below(17)
      const name = `${property} ${id}`
      assert.strictEqual(slotOf(directory, id, property), slots.get(name) ?? -1)

      const slot = ensure(directory, id, property)

      if (!slots.has(name)) slots.set(name, slots.size)
      if (!sensors.has(id)) sensors.set(id, sensors.size)
      assert.strictEqual(slot, slots.get(name))
    }
    assert.deepStrictEqual([directory.datastreams, directory.sensors], [slots.size, sensors.size])
    for (const [id, number] of sensors) {
      if (directory.sensorOf(id) !== number || directory.id(number) !== id) assert.fail(`sensor ${id}`)
    }
    for (const [name, slot] of slots) {
      const [property = "", id = ""] = name.split(/ (.*)/s)
      const sensor = directory.sensorOfDatastream(slot)
      if (directory.propertyOf(slot) !== Number(property) || directory.id(sensor) !== id) assert.fail(name)
      if (directory.slotOfSensor(sensor, Number(property)) !== slot) assert.fail(name)
    }
    assert.strictEqual(directory.sensorOf("s60001"), -1)
  })

  it("lists the slots of a sensor in the order of first observation", () => {
    const directory = new SensorDirectory()
    const slots = [["a", 5], ["b", 5], ["a", 0], ["a", 16], ["b", 1]].map(([id, property]) =>
      ensure(directory, String(id), Number(property))
    )

    assert.deepStrictEqual(slots, [0, 1, 2, 3, 4])
    assert.deepStrictEqual(directory.slotsOf(directory.sensorOf("a")), [0, 2, 3])
    assert.deepStrictEqual(directory.slotsOf(directory.sensorOf("b")), [1, 4])
    assert.strictEqual(directory.slotOfSensor(directory.sensorOf("b"), 0), -1)
  })

  it("knows a described sensor without datastreams", () => {
    const directory = new SensorDirectory()
    const sensor = directory.ensureSensor("described")

    assert.strictEqual(directory.ensureSensor("described"), sensor)
    assert.deepStrictEqual(directory.slotsOf(sensor), [])
    assert.strictEqual(slotOf(directory, "described", 0), -1)
    assert.strictEqual(ensure(directory, "described", 0), 0)
    assert.strictEqual(directory.sensors, 1)
  })

  it("keeps datastreams apart that have the same 32-bit hash", () => {
    // By the birthday paradox some 2^16·√(2·ln 2) ids hold a pair; these are found anew, so that a changed hash has its own.
    const seen = new Map<number, string>()
    const collisions: Array<readonly [string, string]> = []
    for (let i = 0; collisions.length < 3 && i < 1_000_000; i++) {
      const id = `sensor-${i}`
      const hash = datastreamHash(bytesOf(id), 0)
      const other = seen.get(hash)
      if (other === undefined) seen.set(hash, id)
      else collisions.push([other, id])
    }
    assert.lengthOf(collisions, 3)
    const directory = new SensorDirectory()

    for (const [one, other] of collisions) {
      const first = ensure(directory, one, 0)
      assert.strictEqual(slotOf(directory, other, 0), -1)
      const second = ensure(directory, other, 0)

      assert.notStrictEqual(first, second)
      assert.deepStrictEqual([slotOf(directory, one, 0), slotOf(directory, other, 0)], [first, second])
      assert.notStrictEqual(directory.sensorOf(one), directory.sensorOf(other))
    }
  })

  it("takes ids that are prefixes of one another for different sensors", () => {
    const directory = new SensorDirectory()
    const ids = ["a", "aa", "aaa", "", "ab", "ba", "ä", "a\u0308"]
    const numbers = ids.map((id) => directory.ensureSensor(id))

    assert.deepStrictEqual(numbers, ids.map((_, i) => i))
    assert.deepStrictEqual(ids.map((id) => directory.sensorOf(id)), numbers)
    assert.deepStrictEqual(numbers.map((number) => directory.id(number)), ids)
  })
})
