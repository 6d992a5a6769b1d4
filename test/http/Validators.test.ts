import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { isRevalidated, names, revalidated, validated } from "../../src/http/Validators.ts"

const answer = (text: string, headers: Record<string, string> = revalidated) =>
  HttpServerResponse.text(text, { headers })

describe("a validator", () => {
  it.effect("is weak, the same for the same bytes and another for others", () =>
    Effect.gen(function*() {
      const tag = (text: string) => Effect.map(validated(answer(text), undefined), ({ headers }) => headers["etag"])

      assert.match((yield* tag("a")) ?? "", /^W\/"[\w-]{22}"$/)
      assert.strictEqual(yield* tag("a"), yield* tag("a"))
      assert.notStrictEqual(yield* tag("a"), yield* tag("b"))
    }))

  it("is given to good answers that ask for it and have none", () => {
    assert.isTrue(isRevalidated(answer("a")))
    assert.isFalse(isRevalidated(answer("a", {})))
    assert.isFalse(isRevalidated(answer("a", { ...revalidated, etag: '"own"' })))
    assert.isFalse(isRevalidated(HttpServerResponse.setStatus(answer("a"), 404)))
    assert.isFalse(isRevalidated(HttpServerResponse.empty({ status: 200, headers: revalidated })))
  })

  for (
    const [given, isNamed] of [
      [undefined, false],
      ["", false],
      ["*", true],
      [" * ", true],
      ['W/"abc"', true],
      ['"abc"', true],
      ['"x", W/"abc" ,"y"', true],
      ['"x","abc"', true],
      ["abc", false],
      ['"ab"', false],
      ['"abcd"', false],
      ['w/"x", "*"', false]
    ] as const
  ) {
    it(`${given ?? "nothing"} ${isNamed ? "names" : "does not name"} W/"abc"`, () => {
      assert.strictEqual(names(given, 'W/"abc"'), isNamed)
    })
  }
})
