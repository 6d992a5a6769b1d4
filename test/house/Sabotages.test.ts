/** The faults that `npm run chaos -- --break NAME` plants are about the sources as they are today. */
import { assert, describe, it } from "@effect/vitest"
import { sabotaged, sabotagedSource, sabotageNames, sabotages } from "../../stack/Sabotages.ts"

describe("a sabotage", () => {
  for (const name of sabotageNames) {
    it(`finds what it replaces exactly once in its source: ${name}`, () => {
      const { after, before } = sabotages[name]

      const source = sabotagedSource(name)

      assert.isTrue(source.includes(after))
      assert.isFalse(source.includes(before))
    })
  }

  it("is refused where what it replaces is not there, or is there twice", () => {
    const { before } = sabotages.fence

    assert.throws(
      () => sabotaged("fence", "const a = 1"),
      /is 0 times in src\/adapters\/postgres\/PostgresShardStore\.ts/
    )
    assert.throws(() => sabotaged("fence", `${before}\n${before}`), /is 2 times/)
  })
})
