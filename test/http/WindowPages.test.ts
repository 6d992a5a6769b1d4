import { assert, describe, it } from "@effect/vitest"
import { decodeWindowCursor } from "../../src/http/WindowCursor.ts"
import { newestPage, pageFrom, type WindowPage } from "../../src/http/WindowPages.ts"
import type { Window } from "../../src/schemas/Window.ts"

/** The minute windows that start at these minutes. */
const windows = (final: boolean, ...minutes: ReadonlyArray<number>): ReadonlyArray<Window> =>
  minutes.map((minute) => ({
    property: "noise",
    start: new Date(minute * 60_000).toISOString(),
    end: new Date((minute + 1) * 60_000).toISOString(),
    count: 1,
    mean: minute,
    variance: 0,
    min: minute,
    max: minute,
    last: minute,
    revision: 0,
    final
  }))

const minutesOf = (items: ReadonlyArray<Window>) => items.map(({ start }) => Date.parse(start) / 60_000)
const at = (minute: number) => minute * 60_000
const forever = at(1e6)

describe("pages of windows", () => {
  it("are the sealed ones, then the open ones after them", () => {
    //  store  [1][2][3]
    //  shard           [4][5]
    const page = pageFrom(windows(true, 1, 2, 3), windows(false, 4, 5), at(0), forever, 10)

    assert.deepStrictEqual(minutesOf(page.items), [1, 2, 3, 4, 5])
    assert.deepStrictEqual(page.items.map(({ final }) => final), [true, true, true, false, false])
    assert.isNull(page.nextCursor)
  })

  it("show a window that was sealed between the two looks once, as the store has it", () => {
    //  store  [1][2][3]
    //  shard        [3][4]
    const page = pageFrom(windows(true, 1, 2, 3), windows(false, 3, 4), at(0), forever, 10)

    assert.deepStrictEqual(minutesOf(page.items), [1, 2, 3, 4])
    assert.isTrue(page.items[2]?.final)
  })

  it("keep open ones inside the span that was asked for", () => {
    //  shard  [3][4][5][6]   asked: from 4, before 6
    assert.deepStrictEqual(minutesOf(pageFrom([], windows(false, 3, 4, 5, 6), at(4), at(6), 10).items), [4, 5])
    assert.deepStrictEqual(minutesOf(newestPage([], windows(false, 3, 4, 5, 6), at(4), at(6), 10).items), [4, 5])
  })

  it("go on where they ended, from sealed ones to open ones", () => {
    const sealed = windows(true, 1, 2, 3)
    const open = windows(false, 4, 5)
    const seen: Array<number> = []
    let from: number | undefined = 0
    while (from !== undefined) {
      // As the store answers: one more than the limit, from there on.
      const stored = sealed.filter(({ start }) => Date.parse(start) >= (from ?? 0)).slice(0, 2 + 1)
      const page: WindowPage = pageFrom(stored, open, from, forever, 2)
      assert.isAtMost(page.items.length, 2)
      seen.push(...minutesOf(page.items))
      from = page.nextCursor === null ? undefined : decodeWindowCursor(page.nextCursor)
    }

    assert.deepStrictEqual(seen, [1, 2, 3, 4, 5])
  })

  it("of the newest windows end with the newest and have no next", () => {
    const page = newestPage(windows(true, 1, 2, 3), windows(false, 3, 4), at(0), forever, 2)

    assert.deepStrictEqual(minutesOf(page.items), [3, 4])
    assert.isNull(page.nextCursor)
  })
})
