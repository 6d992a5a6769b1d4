/** The summary that is kept of a pane, beside that of its values read again: the same bits. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { CellPool } from "../../src/analytics/CellPool.ts"
import { observation, paneMillis, Panes } from "../../src/analytics/Panes.ts"
import { summaryWords } from "../../src/analytics/Summary.ts"
import { WordWriter } from "../../src/analytics/WordWriter.ts"
import { observedProperty } from "../../src/schemas/ObservedProperties.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Step = Schema.Struct({
  /** Most come in order; some are a repetition, a correction, or for the time before. */
  forward: Schema.Literals([1, 1, 1, 1, 0, -1, -30]),
  seconds: int(0, 25),
  result: Schema.Union([int(-70, 320), Schema.Finite.check(Schema.isBetween({ minimum: -400, maximum: 400 }))]),
  corrects: int(0, 2),
  district: Schema.Literals([1, 1, 1, 2, 0]),
  isLookedAt: Schema.Boolean
})

/** The same panes, of which no summary is kept. */
const readAgain = (panes: Panes, head: number): Panes => {
  const writer = new WordWriter()
  panes.write(head, writer)
  const again = new Panes(new CellPool(10_000))
  again.read(writer.words.slice(0, writer.length), 0)
  return again
}

const properties = ["vehicle_speed", "schedule_delay", "noise", "wind_direction"].map((name) => {
  const property = observedProperty(name)
  if (property === undefined) throw new Error(`${name} is no property`)
  return property.number
})

describe("the summary of a pane", () => {
  it.prop(
    "is that of its values, whatever came and whoever looked",
    [Schema.Array(Step).check(Schema.isMaxLength(60)), Schema.Literals(properties)],
    ([steps, property]) => {
      const pool = new CellPool(10_000)
      const panes = new Panes(pool)
      let head = -1
      let newest = 100 * paneMillis
      for (const { corrects, district, forward, isLookedAt, result, seconds } of steps) {
        const time = newest + forward * seconds * 1_000
        observation.set([time, corrects === 0 ? NaN : time + corrects, result, district])
        panes.insert(head, time > newest)
        head = panes.head
        newest = Math.max(newest, time)
        if (isLookedAt) panes.peek(head, -Infinity, Infinity, property, () => undefined)
      }
      const again = readAgain(panes, head)
      const kept = new Float64Array(summaryWords)
      const naive = new Float64Array(summaryWords)
      while (head >= 0) {
        panes.removeOldest(head, kept, 0, property)
        again.removeOldest(again.head, naive, 0, property)
        assert.deepStrictEqual(kept, naive)
        assert.deepStrictEqual([panes.district, panes.beyond], [again.district, again.beyond])
        panes.load()
        again.load()
        const valuesOf = ({ districts, from, to, values }: Panes) => [values.slice(from, to), districts.slice(from, to)]
        assert.deepStrictEqual(valuesOf(panes), valuesOf(again))
        head = panes.head
        panes.release()
        again.release()
      }
      assert.strictEqual(pool.used, 0)
      assert.strictEqual(again.pool.used, 0)
    }
  )
})
