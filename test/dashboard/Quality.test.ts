/** Classes and colours of the index, and how much of a bar each part takes. */
import { assert, describe, it } from "@effect/vitest"
import { inOrder, lostPoints, partTitle } from "../../dashboard/src/city/QualityParts.ts"
import { inkOf, opacityOf, qualityClass, qualityClasses } from "../../dashboard/src/city/QualityScale.ts"

type Part = Parameters<typeof inOrder>[0][number]
const part = (name: Part["name"], contribution: number) => ({
  name,
  contribution,
  index: 50,
  weight: 0.25,
  confidence: 1,
  detail: ""
})
const quality = (index: number, ...parts: ReadonlyArray<ReturnType<typeof part>>) => ({
  index,
  confidence: 1,
  parts,
  sentence: ""
})

/** Relative luminance (WCAG 2.2). */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((place) => {
    const share = Number.parseInt(colour.slice(place, place + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
const contrast = (a: string, b: string): number => {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

describe("quality classes", () => {
  it("are 20 points each, an edge belongs to the better one, and follow the number that is shown", () => {
    assert.deepStrictEqual(
      [0, 19.4, 19.5, 40, 59.4, 60, 79.4, 80, 100].map((index) => qualityClass(index).name),
      ["very poor", "very poor", "poor", "moderate", "moderate", "fair", "fair", "good", "good"]
    )
    assert.strictEqual(qualityClass(-1).name, "very poor")
  })

  it("have numbers that can be read on their colours (WCAG AA for text of any size)", () => {
    for (const its of qualityClasses) {
      const ink = inkOf(its)
      assert.isAtLeast(contrast(its.light, ink.light), 4.5, its.name)
      assert.isAtLeast(contrast(its.dark, ink.dark), 4.5, its.name)
    }
  })

  it("are paler on the map the less sure they are", () => {
    assert.isAbove(opacityOf(1), opacityOf(0.5))
    assert.isAbove(opacityOf(0), 0)
    assert.strictEqual(opacityOf(7), opacityOf(1))
  })
})

describe("parts of the index", () => {
  it("come in one order, and have names for people", () => {
    const parts = inOrder([part("noise", -1), part("public_transport", -1), part("air", -1)])

    assert.deepStrictEqual(parts.map(({ name }) => name), ["air", "public_transport", "noise"])
    assert.strictEqual(partTitle("public_transport"), "Public transport")
  })

  it("take the points they cost", () => {
    assert.deepStrictEqual(lostPoints(quality(70, part("traffic", -10), part("air", -20))), [
      { name: "air", points: 20 },
      { name: "traffic", points: 10 }
    ])
  })

  it("never take more than what is missing to 100, and nothing when they cost nothing", () => {
    const lost = lostPoints(quality(90, part("air", -15), part("traffic", -5), part("noise", 0)))

    assert.deepStrictEqual(lost.map(({ points }) => points), [7.5, 2.5, 0])
    assert.deepStrictEqual(lostPoints(quality(100, part("air", 0))), [{ name: "air", points: 0 }])
  })
})
