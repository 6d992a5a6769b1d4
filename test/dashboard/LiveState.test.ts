/** When the page says that it is live, and since when it is not. */
import { assert, describe, it } from "@effect/vitest"
import { liveState, withNewestEnd } from "../../dashboard/src/live/LiveState.ts"

const second = 1000
const now = Date.parse("2026-11-24T10:00:00Z")
const well = {
  connection: "open",
  heardAt: now - 5 * second,
  newestEnd: now - 120 * second,
  movedAt: undefined
} as const

describe("the page", () => {
  it("is live while it hears from the city and its data is young", () => {
    assert.deepStrictEqual(liveState(well, now), { is: "live" })
  })

  it("is connecting until it has heard anything", () => {
    assert.deepStrictEqual(liveState({ ...well, connection: "broken", heardAt: undefined }, now), { is: "connecting" })
  })

  it("is reconnecting in the first 30 s after a break, then stale since it last heard", () => {
    const broken = { ...well, connection: "broken" } as const

    assert.deepStrictEqual(liveState(broken, now), { is: "reconnecting" })
    assert.deepStrictEqual(liveState(broken, now + 26 * second), { is: "stale", since: well.heardAt, why: "silence" })
  })

  it("is stale after 30 s of silence on a line that looks open", () => {
    assert.deepStrictEqual(liveState({ ...well, heardAt: now - 31 * second }, now), {
      is: "stale",
      since: now - 31 * second,
      why: "silence"
    })
  })

  it("is stale since the newest end when that is older than 10 min, though the line is well", () => {
    const newestEnd = now - 601 * second

    assert.deepStrictEqual(liveState({ ...well, newestEnd }, now), { is: "stale", since: newestEnd, why: "old-data" })
  })

  it("is catching up while an old newest end moves on", () => {
    const first = withNewestEnd({ ...well, newestEnd: undefined }, now - 7_200 * second, now)
    const moved = withNewestEnd(first, now - 7_000 * second, now)

    assert.strictEqual(liveState(first, now).is, "stale")
    assert.deepStrictEqual(liveState(moved, now), { is: "catching-up", at: now - 7_000 * second })
    assert.strictEqual(liveState({ ...moved, heardAt: now + 31 * second }, now + 31 * second).is, "stale")
    assert.deepStrictEqual(withNewestEnd(moved, now - 7_000 * second, now + 5 * second), moved)
  })

  it("is live while nothing has been computed yet", () => {
    assert.deepStrictEqual(liveState({ ...well, newestEnd: undefined }, now), { is: "live" })
  })
})
