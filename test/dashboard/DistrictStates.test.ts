/** Which state of a district is the newest, whichever way it came, and in which order districts are listed. */
import { assert, describe, it } from "@effect/vitest"
import type { District, QualityEvent } from "../../dashboard/src/api/Shapes.ts"
import { inOrder, newestEnd, withEvent, withList } from "../../dashboard/src/city/DistrictStates.ts"

const district = (id: string, index: number | null, end: string | null, more: Partial<District> = {}): District => ({
  id,
  name: id,
  centre: null,
  areaSquareMetres: null,
  bounds: null,
  quality: index === null ? null : { index, confidence: 1, parts: [], sentence: "" },
  properties: [],
  incidents: 0,
  start: null,
  end,
  knownAt: end,
  revision: 0,
  final: false,
  ...more
})

/** An event of Kallio. */
const event = (index: number, end: string, more: Partial<QualityEvent> = {}): QualityEvent => ({
  district: "kallio",
  name: "Kallio",
  start: end,
  end,
  knownAt: end,
  revision: 0,
  final: false,
  quality: { index, confidence: 1, parts: [], sentence: "" },
  properties: [],
  incidents: 0,
  ...more
})

const five = "2026-11-24T10:05:00.000Z"
const ten = "2026-11-24T10:10:00.000Z"
const known = withList(new Map(), [district("kallio", 50, five)])
const indexOf = (districts: ReadonlyMap<string, District> | undefined) => districts?.get("kallio")?.quality?.index

describe("states of districts", () => {
  it("are replaced by a later window, a later revision and by the final one", () => {
    assert.strictEqual(indexOf(withEvent(known, event(60, ten))), 60)
    assert.strictEqual(indexOf(withEvent(known, event(61, five, { revision: 1 }))), 61)
    assert.strictEqual(indexOf(withEvent(known, event(62, five, { final: true }))), 62)
  })

  it("are not replaced by what is older or the same", () => {
    const later = withEvent(known, event(60, ten)) ?? known

    assert.strictEqual(withEvent(later, event(40, five, { revision: 3, final: true })), later)
    assert.strictEqual(withEvent(later, event(60, ten)), later)
    assert.strictEqual(indexOf(withList(later, [district("kallio", 50, five)])), 60)
  })

  it("keep place and outline when a state comes without them", () => {
    const outline = { type: "MultiPolygon", coordinates: [] } as const
    const outlined = withList(new Map(), [district("kallio", 50, five, { outline, bounds: [24, 60, 25, 61] })])

    const after = withEvent(outlined, event(60, ten))?.get("kallio")
    const listed = withList(outlined, [district("kallio", 60, ten, { bounds: [24, 60, 25, 61] })]).get("kallio")

    assert.strictEqual(after?.outline, outline)
    assert.deepStrictEqual(after?.bounds, [24, 60, 25, 61])
    assert.strictEqual(listed?.outline, outline)
  })

  it("of a district nobody has heard of mean that the list is old", () => {
    assert.isUndefined(withEvent(known, event(60, ten, { district: "vallila" })))
  })

  it("that a list no longer has are gone", () => {
    assert.deepStrictEqual([...withList(known, []).keys()], [])
  })

  it("say how new the newest is, also when none has been computed", () => {
    assert.strictEqual(newestEnd(withList(known, [district("a", 1, five), district("b", 1, ten)])), Date.parse(ten))
    assert.isUndefined(newestEnd(withList(new Map(), [district("a", null, null)])))
    assert.isUndefined(newestEnd(new Map()))
  })

  it("are listed by index or name, those without an index last", () => {
    const districts = withList(new Map(), [
      district("c", 70, five),
      district("d", null, null),
      district("b", 40, five),
      district("a", 70, five)
    ])
    const ids = (order: Parameters<typeof inOrder>[1]) => inOrder(districts, order).map(({ id }) => id).join("")

    assert.strictEqual(ids("lowest"), "bacd")
    assert.strictEqual(ids("highest"), "acbd")
    assert.strictEqual(ids("name"), "abcd")
  })
})
