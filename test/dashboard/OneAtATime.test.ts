/** Questions of a kind: one at a time, and a reset is not forgotten. */
import { assert, describe, it } from "@effect/vitest"
import { oneAtATime } from "../../dashboard/src/city/OneAtATime.ts"

/** What was asked, and what lets each question end. */
const asked = () => {
  const abort = new AbortController()
  const resets: Array<boolean> = []
  const ends: Array<() => void> = []
  const ask = oneAtATime(abort.signal, (isReset) => {
    resets.push(isReset)
    return new Promise((resolve) => ends.push(resolve))
  })
  const end = async (): Promise<void> => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { abort, ask, end, resets }
}

describe("a question that is asked while it is under way", () => {
  it("is asked once more afterwards, with the reset that somebody wanted meanwhile", async () => {
    const { ask, end, resets } = asked()

    for (const isReset of [false, false, true, false]) void ask(isReset)
    assert.deepStrictEqual(resets, [false])
    await end()
    assert.deepStrictEqual(resets, [false, true])
    await end()

    assert.deepStrictEqual(resets, [false, true])
  })

  it("asks for no reset that nobody wanted since", async () => {
    const { ask, end, resets } = asked()

    void ask(true)
    void ask(false)
    await end()
    await end()
    void ask(false)

    assert.deepStrictEqual(resets, [true, false, false])
  })

  it("is not asked again when nobody looks any more", async () => {
    const { abort, ask, end, resets } = asked()

    void ask(false)
    void ask(true)
    abort.abort()
    await end()

    assert.deepStrictEqual(resets, [false])
  })
})
