/** What a process of a role serves. */
import { assert, describe, it } from "@effect/vitest"
import { HttpApi } from "effect/http-api"
import { CityApi } from "../../src/http/CityApi.ts"
import { notServed } from "../../src/http/ServedPaths.ts"

const paths = new Set<string>()
HttpApi.reflect(CityApi, { onGroup: () => undefined, onEndpoint: ({ endpoint }) => paths.add(endpoint.path) })

const servedBy = (role: Parameters<typeof notServed>[0]): ReadonlyArray<string> =>
  [...paths].filter((path) => notServed(role, path) === undefined).sort()

describe("served paths", () => {
  it("are all of them where a process does everything", () => {
    assert.lengthOf(servedBy("everything"), paths.size)
  })

  it("are health and metrics where it holds shards", () => {
    assert.deepStrictEqual(servedBy("operations"), ["/health/diagnostics", "/health/live", "/health/ready"])
    assert.isUndefined(notServed("operations", "/metrics"))
    assert.include(notServed("operations", "/v1/sensors"), "role api")
    assert.include(notServed("operations", "/"), "role api")
  })

  it("are observations and what was rejected where it takes in, and everything else where it answers", () => {
    const takesIn = servedBy("observations").filter((path) => path.startsWith("/v1/"))
    const answers = servedBy("questions").filter((path) => path.startsWith("/v1/"))

    assert.deepStrictEqual(takesIn, ["/v1/observations", "/v1/properties", "/v1/rejected", "/v1/rejected/counts"])
    assert.deepStrictEqual(
      [...new Set([...takesIn, ...answers])].sort(),
      [...paths].filter((path) => path.startsWith("/v1/")).sort()
    )
    assert.notInclude(answers, "/v1/observations")
    assert.include(notServed("questions", "/v1/observations"), "role ingest")
    assert.include(notServed("observations", "/v1/sensors/a"), "role api")
  })
})
