/** Duplicates, corrections, late and out-of-order observations, clocks that are wrong, idle sensors: as pictures. */
import { assert, describe, it } from "@effect/vitest"
import { drawn } from "./DrawnPanes.ts"

const holds = (picture: string): void => assert.strictEqual(drawn(picture), picture)

describe("panes", () => {
  it("are sealed when the watermark passes their end, and stay open before", () => {
    holds(`
      lateness 2 min
                      |00:00 |00:01 |00:02 |00:03 |00:04 |
      00:00:05        |5     |      |      |      |      |
      00:01:35        |      |7  8  |      |      |      |
      00:02:59        |      |      |    9 |      |      |
      watermark 00:00
      sealed          |      |      |      |      |      |
      open            |1×5   |2×7.5 |1×9   |      |      |
      00:03:00        |      |      |      |6     |      |
      watermark 00:01
      sealed          |1×5   |      |      |      |      |
      open            |      |2×7.5 |1×9   |1×6   |      |
      00:04:05        |      |      |      |      |4     |
      sealed          |1×5   |2×7.5 |      |      |      |
      open            |      |      |1×9   |1×6   |1×4   |
      open5           |6×6.5 |      |      |      |      |
      counted 6
    `)
  })

  it("hold their start and not their end", () => {
    holds(`
                      |00:00 |00:01 |00:02 |
      00:01:00        |1     |2     |      |
      00:02:00        |  3<  |    4<|5     |
      open            |2×2   |2×3   |1×5   |
      counted 5
    `)
  })

  it("do not care for the order of arrival", () => {
    holds(`
                      |00:00 |00:01 |00:02 |00:03 |
      00:03:00        |      |      |      |4     |
      00:03:10        |   2  |      |      |      |
      00:03:20        |      |      |3 5   |      |
      00:03:30        |1     |      |      |      |
      00:03:40        |     6|      |      |      |
      open            |3×3   |      |2×4   |1×4   |
      counted 6
    `)
  })

  it("count the same observation once", () => {
    holds(`
                      |00:00 |00:01 |
      00:00:05        |5     |      |
      00:00:06        |5     |      |
      00:01:05        |5     |7a    |
      00:01:06        |      |7a    |
      open            |1×5   |1×7   |
      counted 2 duplicate 3
    `)
  })

  it("take a correction with a later result time", () => {
    holds(`
                      |00:00 |
      00:00:05        |5a 1  |
      00:00:10        |6b    |
      open            |2×3.5 |
      counted 2 superseded 1
    `)
  })

  it("take a correction without a result time in the order of the log", () => {
    holds(`
                      |00:00 |
      00:00:05        |5     |
      00:00:10        |6     |
      00:00:15        |7     |
      open            |1×7   |
      counted 1 superseded 2
    `)
  })

  it("take the later of two with the same result time", () => {
    holds(`
                      |00:00 |
      00:00:05        |5b    |
      00:00:10        |6b    |
      open            |1×6   |
      counted 1 superseded 1
    `)
  })

  it("know superseded values that are delivered again", () => {
    holds(`
                      |00:00 |
      00:00:05        |5     |
      00:00:10        |6     |
      00:00:15        |5     |
      00:00:20        |5     |
      00:00:25        |6     |
      open            |1×6   |
      counted 1 duplicate 3 superseded 1
    `)
  })

  it("keep the newer correction when an older one arrives after it, and know both again", () => {
    holds(`
                      |00:00 |
      00:00:05        |5a    |
      00:00:10        |7c    |
      00:00:15        |6b    |
      00:00:20        |6b    |
      00:00:25        |5a    |
      00:00:30        |4     |
      open            |1×7   |
      counted 1 duplicate 2 superseded 3
    `)
  })

  it("take the same result with a later result time as a correction", () => {
    holds(`
                      |00:00 |
      00:00:05        |5a    |
      00:00:10        |5b    |
      open            |1×5   |
      counted 1 superseded 1
    `)
  })

  it("correct one of several values and leave its neighbours", () => {
    holds(`
                      |00:00 |
      00:00:55        |1a2a3a|
      00:00:56        |  5b  |
      00:00:57        |1a2a3a|
      open            |3×3   |
      counted 3 duplicate 3 superseded 1
    `)
  })

  it("take what is late within the lateness, and only count what is late beyond it", () => {
    holds(`
      lateness 2 min
                      |00:00 |00:01 |00:02 |00:03 |
      00:00:05        |5     |      |      |      |
      00:02:59        |      |      |    7 |      |
      00:02:59        |9     |      |      |      |
      00:03:05        |      |      |      |4     |
      00:03:10        |8     |      |      |      |
      00:03:11        |   8 8|      |      |      |
      00:03:12        |      |6     |      |      |
      sealed          |1×9   |      |      |      |
      open            |      |1×6   |1×7   |1×4   |
      counted 4 superseded 1 late 3
    `)
  })

  it("of a sensor whose clock is hours ahead do not run ahead of the time of reception", () => {
    // The door lets nothing pass that is more than a minute ahead; what passes moves the watermark to reception at most.
    holds(`
      lateness 2 min
                      |00:00 |00:01 |00:02 |00:03 |00:04 |
      good 00:00:10   |5     |      |      |      |      |
      fast 00:00:10   |      |1     |      |      |      |
      good 00:01:10   |      |5     |      |      |      |
      fast 00:01:10   |      |      |2     |      |      |
      good 00:02:10   |      |      |5     |      |      |
      fast 00:02:10   |      |      |      |3     |      |
      good 00:03:10   |      |      |      |5     |      |
      fast 00:03:10   |      |      |      |      |4     |
      good watermark 00:01
      fast watermark 00:01
      good sealed     |1×5   |      |      |      |      |
      fast sealed     |      |      |      |      |      |
      good open       |      |1×5   |1×5   |1×5   |      |
      fast open       |      |1×1   |1×2   |1×3   |1×4   |
      good counted 4
      fast counted 4
    `)
  })

  it("of a sensor whose clock is hours behind live in its own time, also through ticks", () => {
    holds(`
      lateness 2 min
                      |00:00 |00:01 |00:02 |03:00 |03:01 |03:02 |
      good 03:00:10   |      |      |      |5     |      |      |
      slow 03:00:10   |1     |      |      |      |      |      |
      tick 03:00:20
      good 03:01:10   |      |      |      |      |6     |      |
      slow 03:01:10   |      |2     |      |      |      |      |
      tick 03:02:20
      good 03:02:30   |      |      |      |      |      |7     |
      slow 03:02:30   |      |      |3     |      |      |      |
      good sealed     |      |      |      |      |      |      |
      slow sealed     |      |      |      |      |      |      |
      good open       |      |      |      |1×5   |1×6   |1×7   |
      slow open       |1×1   |1×2   |1×3   |      |      |      |
      good counted 3
      slow counted 3
    `)
  })

  it("of an idle datastream are closed by ticks, once it was silent for the time-out and its lateness passed", () => {
    holds(`
      lateness 2 min, idle 90 s
                      |00:00 |00:05 |
      00:00:05        |5     |      |
      tick 00:01:30
      open            |1×5   |      |
      tick 00:03:04
      open            |1×5   |      |
      sealed          |      |      |
      tick 00:03:05
      open            |      |      |
      sealed          |1×5   |      |
      tick 00:07:05
      sealed5         |1×5   |      |
      open60          |1×5   |      |
      tick 01:02:04
      sealed60        |      |      |
      tick 01:02:05
      sealed60        |1×5   |      |
      open60          |      |      |
      counted 1
    `)
  })

  it("of a datastream that is not silent are not closed by ticks", () => {
    holds(`
      lateness 2 min, idle 60 s
                      |00:00 |00:01 |
      00:00:00        |5     |      |
      00:10:00        |     6|      |
      tick 00:10:59
      open            |2×5.5 |      |
      counted 2
    `)
  })

  it("of a station that always reports half an hour late are not closed too early by ticks", () => {
    holds(`
      lateness 5 min, idle 60 s
                      |00:00 |00:05 |00:10 |00:15 |00:20 |
      00:30:00        |1     |      |      |      |      |
      tick 00:34:00
      00:35:00        |      |2     |      |      |      |
      tick 00:39:59
      00:40:00        |      |      |3     |      |      |
      tick 00:44:59
      00:45:00        |      |      |      |4     |      |
      tick 00:49:00
      00:50:00        |     9|      |      |      |5     |
      counted 5 late 1
      sealed          |1×1   |1×2   |1×3   |      |      |
    `)
  })

  it("before and after a gap of days do not touch, and the windows between are absent", () => {
    holds(`
                      |00:00 |00:01 |3d0:00|3d0:10|3d0:11|
      00:00:30        |1 2   |      |      |      |      |
      00:01:30        |      |3     |      |      |      |
      3d00:10:30      |      |      |      |7     |      |
      sealed          |2×1.5 |1×3   |      |      |      |
      sealed5         |3×2   |      |      |      |      |
      sealed60        |3×2   |      |      |      |      |
      3d00:11:30      |      |      |      |      |8     |
      open            |      |      |      |1×7   |1×8   |
      open60          |      |      |2×7.5 |      |      |
      counted 5
    `)
  })

  it("that find no room in the pool are counted as overflow, and take new values when there is room again", () => {
    // A pane and each of its values take a cell.
    holds(`
      lateness 1 min, cells 5
                      |00:00 |00:01 |00:02 |00:03 |
      a 00:00:30      |1 2 3 |      |      |      |
      b 00:00:30      |7     |      |      |      |
      a 00:00:40      |  2   |      |      |      |
      a counted 3 duplicate 1
      b counted 0 overflow 1
      a open          |3×2   |      |      |      |
      b open          |      |      |      |      |
      a 00:00:50      |     4|      |      |      |
      a 00:01:10      |      |5     |      |      |
      a counted 4 duplicate 1 overflow 1
      a 00:02:10      |      |      |6     |      |
      a sealed        |4×2.5 |      |      |      |
      b 00:02:10      |      |8     |      |      |
      b counted 1 overflow 1
      b open          |      |1×8   |      |      |
      a counted 4 duplicate 1 overflow 2
      a 00:02:20      |      |      |6     |      |
      a open          |      |      |1×6   |      |
    `)
  })

  it("that are too small for a sparse datastream are no longer kept after a while, hours always are", () => {
    holds(`
                      |00:00 |00:10 |00:20 |00:30 |00:40 |00:50 |01:00 |01:10 |01:20 |
      00:00:00        |1     |      |      |      |      |      |      |      |      |
      00:10:00        |      |2     |      |      |      |      |      |      |      |
      00:20:00        |      |      |3     |      |      |      |      |      |      |
      00:30:00        |      |      |      |4     |      |      |      |      |      |
      00:40:00        |      |      |      |      |5     |      |      |      |      |
      00:50:00        |      |      |      |      |      |6     |      |      |      |
      01:00:00        |      |      |      |      |      |      |7     |      |      |
      01:10:00        |      |      |      |      |      |      |      |8     |      |
      01:20:00        |      |      |      |      |      |      |      |      |9     |
      sealed          |1×1   |1×2   |1×3   |1×4   |      |      |      |      |      |
      sealed5         |1×1   |1×2   |1×3   |1×4   |      |      |      |      |      |
      sealed60        |6×3.5 |      |      |      |      |      |      |      |      |
      counted 9
    `)
  })

  it("become 5 minutes and hours by merging", () => {
    holds(`
      lateness 1 min
                      |00:00 |00:03 |00:04 |00:05 |00:09 |00:10 |00:55 |00:59 |01:00 |
      00:04:10        |      |1 2   |3     |      |      |      |      |      |      |
      00:05:10        |      |      |      |4     |      |      |      |      |      |
      00:10:10        |      |      |      |      |5     |6     |      |      |      |
      open5           |      |      |      |2×4.5 |      |1×6   |      |      |      |
      open60          |6×3.5 |      |      |      |      |      |      |      |      |
      00:59:10        |      |      |      |      |      |      |      |7     |      |
      01:01:00        |      |      |      |      |      |      |      |      |     8|
      sealed5         |3×2   |      |      |2×4.5 |      |1×6   |      |      |      |
      open5           |      |      |      |      |      |      |1×7   |      |1×8   |
      open60          |7×4   |      |      |      |      |      |      |      |1×8   |
      tick 01:02:50
      sealed60        |7×4   |      |      |      |      |      |      |      |      |
      counted 8
    `)
  })
})
