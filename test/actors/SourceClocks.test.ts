/** How far all sensor shards have come, as a district shard hears it. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { SourceClocks } from "../../src/actors/SourceClocks.ts"
import { shards } from "../../src/schemas/Shards.ts"

const minute = 60_000
const week = 7 * 24 * 60 * minute
const start = Date.UTC(2026, 5, 1)
const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** All shards but some at a time, as their round `sequence`. */
const heard = (clocks: SourceClocks, time: number, sequence: number, but: ReadonlyArray<number> = []): SourceClocks => {
  for (const shard of shards) if (!but.includes(shard)) clocks.accept(shard, sequence, time)
  clocks.advance()
  return clocks
}

describe("the clocks of the sensor shards", () => {
  it.prop(
    "are at the minimum over all of them, whatever the order in which they are heard, and never go back",
    [Schema.Array(Schema.Struct({ shard: int(1, 61), minutes: int(0, 100), isRestored: Schema.Boolean }))],
    ([rounds]) => {
      let clocks = heard(new SourceClocks(), start, 1)
      const times = new Map(shards.map((shard) => [shard, start]))
      for (const [i, { isRestored, minutes, shard }] of rounds.entries()) {
        const time = Math.max(times.get(shard) ?? start, start + minutes * minute)
        times.set(shard, time)
        assert.isTrue(clocks.accept(shard, i + 2, time))
        const before = clocks.frontier
        assert.strictEqual(clocks.advance(), Math.min(...times.values()) > before)
        if (isRestored) clocks = new SourceClocks(JSON.parse(JSON.stringify(clocks.state)))
        assert.strictEqual(clocks.frontier, Math.min(...times.values()))
      }
    }
  )

  it("do not move before every shard was heard of, however long that takes, while nobody says what time it is", () => {
    const clocks = heard(new SourceClocks(), start, 1, [17])

    heard(clocks, start + 30 * 24 * 60 * minute, 2, [17])
    assert.strictEqual(clocks.frontier, -Infinity)
    clocks.accept(17, 1, start + minute)
    assert.isTrue(clocks.advance())
    // A month behind the first, it does not hold the others back.
    assert.strictEqual(clocks.frontier, start + 30 * 24 * 60 * minute)
  })

  it("hear a round once: what a restarted shard says again, or said before, changes nothing", () => {
    const clocks = heard(new SourceClocks(), start, 5)

    assert.deepStrictEqual([clocks.accept(9, 5, start + minute), clocks.accept(9, 4, start + minute)], [false, false])
    assert.isTrue(clocks.accept(9, 6, start + minute))
    assert.isFalse(new SourceClocks(clocks.state).accept(9, 6, start + 2 * minute))
  })

  it("leave a shard out that is more than three minutes behind the ticks, one never heard of too, until it is back", () => {
    const clocks = heard(new SourceClocks(), start, 1, [17])
    clocks.tick(start + 3 * minute)
    clocks.tick(start)
    assert.isTrue(clocks.advance())
    assert.strictEqual(clocks.frontier, start)

    heard(clocks, start + 5 * minute, 2, [17, 18])
    assert.strictEqual(clocks.frontier, start)
    clocks.tick(start + 3 * minute + 1)
    assert.isTrue(clocks.advance())
    assert.strictEqual(clocks.frontier, start + 5 * minute)

    // Back, a shard counts again, but nothing goes back for it.
    clocks.accept(18, 2, start + 4 * minute)
    assert.isFalse(clocks.advance())
    heard(clocks, start + 6 * minute, 3, [17, 18])
    assert.strictEqual(clocks.frontier, start + 5 * minute)
    clocks.accept(18, 3, start + 6 * minute)
    assert.isTrue(clocks.advance())
    assert.strictEqual(clocks.frontier, start + 6 * minute)
  })

  it("stand still where all shards are behind the ticks: nobody has come further", () => {
    const clocks = heard(new SourceClocks(), start, 1)

    clocks.tick(start + 60 * minute)
    assert.isFalse(clocks.advance())
    assert.strictEqual(clocks.frontier, start)
  })

  it("leave out a shard more than a week behind the first, and not one that is exactly so far", () => {
    const clocks = heard(new SourceClocks(), start, 1)

    heard(clocks, start + week, 2, [3])
    assert.strictEqual(clocks.frontier, start)
    heard(clocks, start + week + minute, 3, [3])
    assert.strictEqual(clocks.frontier, start + week + minute)
  })
})
