/** How the history is cut by time: every instant has one part, and a part is known by its name. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import {
  allSeries,
  districtWindows,
  minuteWindows,
  partitionAt,
  partitionNamed,
  PartitionSet,
  windowSeriesOf
} from "../../../src/adapters/postgres/HistoryPartitions.ts"
import { windowsByPartition } from "../../../src/adapters/postgres/WindowRows.ts"
import { windowColumns } from "../../contracts/CommitsForTests.ts"

const at = (time: string) => Date.parse(time)

describe("the parts of the history", () => {
  it("are days of windows of a minute and months of all else", () => {
    const day = partitionAt(minuteWindows, at("2012-02-29T23:59:59.999Z"))
    const month = partitionAt(districtWindows, at("2011-12-31T23:59:59.999Z"))

    assert.strictEqual(day.table, "window_history_1m_20120229")
    assert.deepStrictEqual([day.from, day.to], [at("2012-02-29T00:00:00Z"), at("2012-03-01T00:00:00Z")])
    assert.strictEqual(month.table, "district_window_history_201112")
    assert.deepStrictEqual([month.from, month.to], [at("2011-12-01T00:00:00Z"), at("2012-01-01T00:00:00Z")])
  })

  it("are one each before 2000 and from 2100 on", () => {
    const early = [at("1999-12-31T23:59:59.999Z"), 0, -8.64e15].map((time) => partitionAt(minuteWindows, time))
    const far = [at("2100-01-01T00:00:00Z"), 8.64e15].map((time) => partitionAt(minuteWindows, time))

    assert.deepStrictEqual(early.map(({ table }) => table), early.map(() => "window_history_1m_early"))
    assert.deepStrictEqual(far.map(({ table }) => table), far.map(() => "window_history_1m_far"))
  })

  it.effect.prop(
    "hold the instant they were found by, and are found again by their name",
    [Schema.Int.check(Schema.isBetween({ minimum: -1e13, maximum: 1e13 }))],
    ([millis]) =>
      Effect.sync(() => {
        for (const series of allSeries) {
          const partition = partitionAt(series, millis)

          assert.isTrue(partition.from <= millis && millis < partition.to)
          assert.deepStrictEqual(partitionNamed(series, partition.table), partition)
        }
      })
  )

  it("are not known by a name that is not theirs", () => {
    for (
      const name of ["window_history_1m_20120230", "window_history_1m_201202", "window_history_5m_201202", "x_early"]
    ) {
      assert.isUndefined(partitionNamed(minuteWindows, name), name)
    }
  })

  it("get the rows of windows in the order in which they came", () => {
    const day = at("2026-01-01T00:00:00Z")
    const starts = [
      { size: 60_000, start: day },
      { size: 300_000, start: day },
      { size: 60_000, start: day + 86_400_000 },
      { size: 60_000, start: day + 60_000 },
      { size: 60_000, start: day }
    ]
    const sorted = windowsByPartition(windowColumns(starts.map((row) => ({ slot: 0, ...row }))))

    assert.deepStrictEqual(sorted.map(({ partition, rows }) => [partition.table, [...rows]]), [
      ["window_history_1m_20260101", [0, 3, 4]],
      ["window_history_5m_202601", [1]],
      ["window_history_1m_20260102", [2]]
    ])
  })

  it("are gathered once each", () => {
    const partitions = new PartitionSet()
    for (const time of ["2026-01-01", "2026-02-01", "2026-01-31"]) partitions.add(windowSeriesOf(3_600_000), at(time))

    assert.deepStrictEqual([...partitions.byTable.keys()], ["window_history_1h_202601", "window_history_1h_202602"])
  })
})
