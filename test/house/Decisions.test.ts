/** Decisions are numbered without a gap, have the same four parts, fit a page, and are listed in the architecture page. */
import { assert, describe, it } from "@effect/vitest"
import { filesUnder } from "./SourceFiles.ts"

const linesMax = 80
const parts = ["Context", "Choice", "Alternatives", "Consequences"]

describe("decisions", () => {
  const decisions = filesUnder("docs/adr", /\.md$/)

  it("are numbered without a gap, in file and title", () => {
    const numbers = decisions.map(({ path }) => /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1])
    const titles = decisions.map(({ text }) => /^# (\d{4}) \S/.exec(text)?.[1])
    const expected = decisions.map((_, index) => String(index + 1).padStart(4, "0"))

    assert.isAbove(decisions.length, 5)
    assert.deepStrictEqual(numbers, expected)
    assert.deepStrictEqual(titles, expected)
  })

  it("say context, choice, alternatives and consequences, on one page", () => {
    for (const { path, text } of decisions) {
      assert.deepStrictEqual([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading), parts, path)
      assert.isAtMost(text.split("\n").length, linesMax, path)
    }
  })

  it("are listed in the architecture page", () => {
    const page = filesUnder("docs/ARCHITECTURE.md", /md$/)[0]?.text ?? ""

    const unlisted = decisions.filter(({ path }) => !page.includes(`(${path.replace("docs/", "")})`))

    assert.deepStrictEqual(unlisted.map(({ path }) => path), [])
  })
})
