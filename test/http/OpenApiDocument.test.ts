import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { HttpApi } from "effect/http-api"
import { CityApi } from "../../src/http/CityApi.ts"
import { observationExamples } from "../../src/http/ObservationsApi.ts"
import { openApiDocument } from "../../src/http/OpenApiDocument.ts"
import { Problem } from "../../src/http/Problems.ts"
import { makeRouteTable } from "../../src/http/RouteTable.ts"
import { ObservationInput } from "../../src/schemas/Observation.ts"

const document: any = JSON.parse(JSON.stringify(openApiDocument("1.2.3")))

/** Every value under `key`, anywhere. */
const everywhere = (value: unknown, key: string): ReadonlyArray<any> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...everywhere(inner, key)])
}

const operations: ReadonlyArray<readonly [string, any]> = Object.entries<any>(document.paths).flatMap((
  [path, methods]
) => Object.entries<any>(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const))

describe("the OpenAPI document", () => {
  it("is 3.1, has a title, the version of this server and a licence", () => {
    assert.match(document.openapi, /^3\.1\./)
    assert.strictEqual(document.info.version, "1.2.3")
    assert.strictEqual(document.info.license.name, "Apache-2.0")
  })

  it("has no reference to nowhere and no component that nobody needs", () => {
    const references: ReadonlySet<string> = new Set(everywhere(document, "$ref"))
    const components = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)

    assert.deepStrictEqual([...references].filter((reference) => !components.includes(reference)), [])
    assert.deepStrictEqual(components.filter((component) => !references.has(component)), [])
  })

  it("describes every endpoint of the contract, each with a summary, an id of its own and problems as problem+json", () => {
    const endpoints: Array<string> = []
    HttpApi.reflect(CityApi, {
      onGroup: () => undefined,
      onEndpoint: ({ endpoint }) =>
        endpoints.push(`${endpoint.method.toLowerCase()} ${endpoint.path.replace(/:(\w+)/g, "{$1}")}`)
    })

    assert.deepStrictEqual(operations.map(([name]) => name).sort(), endpoints.sort())
    assert.strictEqual(new Set(operations.map(([, operation]) => operation.operationId)).size, operations.length)
    for (const [name, operation] of operations) {
      assert.isAbove(operation.summary?.length ?? 0, 10, name)
      for (const [status, response] of Object.entries<any>(operation.responses)) {
        if (Number(status) < 400) continue
        assert.deepStrictEqual(Object.keys(response.content), ["application/problem+json"], `${name} ${status}`)
        assert.deepStrictEqual(response.content["application/problem+json"].schema, {
          $ref: "#/components/schemas/Problem"
        })
      }
    }
  })

  it("says of everything that a limit of requests counts that it may be one too many, and of nothing else", () => {
    const limited = operations.filter(([, { responses }]) => "429" in responses).map(([name]) => name)

    assert.deepStrictEqual(limited, operations.map(([name]) => name).filter((name) => name.includes(" /v1/")))
  })

  it("has tags that are listed, each once", () => {
    const listed: ReadonlyArray<string> = document.tags.map((tag: { readonly name: string }) => tag.name)

    assert.strictEqual(new Set(listed).size, listed.length)
    for (const [, operation] of operations) for (const tag of operation.tags) assert.include(listed, tag)
  })

  it("says that a limit is a whole number, its bounds and its default", () => {
    const limits = operations.flatMap(([, { parameters }]) => parameters).filter(({ name }: any) => name === "limit")

    assert.isAbove(limits.length, 2)
    for (const { schema } of limits) {
      assert.strictEqual(schema.type, "integer")
      assert.isAtMost(schema.default, schema.maximum)
    }
  })

  it("says of each parameter what it is, and has an example of each that must be given", () => {
    for (const [name, { parameters = [] }] of operations) {
      for (const parameter of parameters) {
        const what = `${name} ${parameter.name}`
        assert.isAbove((parameter.description ?? parameter.schema.description)?.length ?? 0, 5, what)
        if (parameter.required === true) assert.isDefined(parameter.example, what)
      }
    }
  })

  it("has examples that decode with their schemas", () => {
    const checked: Array<string> = []
    const check = (schema: Schema.Top) => {
      const { examples = [], identifier } = Schema.resolveAnnotations(schema) ?? {}
      const isValid = Schema.is(schema)
      for (const example of examples) {
        assert.isTrue(isValid(example), JSON.stringify(example))
        checked.push(String(identifier))
      }
    }
    HttpApi.reflect(CityApi, {
      onGroup: () => undefined,
      onEndpoint: ({ successes }) => [...successes.values()].flat().forEach(check)
    })
    check(Problem)

    assert.includeMembers(checked, ["SensorPage", "SensorDetail", "WindowPage", "LatePage", "Accepted", "Problem"])
    assert.includeMembers(checked, ["DistrictPage", "ListedDistrict", "DistrictStatePage", "DistrictState"])
  })

  it("has request bodies as examples that are observations", () => {
    const isInput = Schema.is(ObservationInput)
    const content = document.paths["/v1/observations"].post.requestBody.content

    assert.deepStrictEqual(content["application/json"].examples, observationExamples["application/json"])
    assert.deepStrictEqual(content["application/x-ndjson"].examples, observationExamples["application/x-ndjson"])
    assert.isTrue(isInput(observationExamples["application/json"].one.value))
    assert.isTrue(observationExamples["application/json"].many.value.every(isInput))
    const lines = observationExamples["application/x-ndjson"].lines.value.trim().split("\n")
    assert.isTrue(lines.map((line) => JSON.parse(line)).every(isInput))
  })
})

describe("the table of routes", () => {
  const routes = makeRouteTable()

  it("knows the methods of every path, and none of others", () => {
    assert.deepStrictEqual(routes.methods("/v1/observations?x=1"), ["POST"])
    assert.deepStrictEqual(routes.methods("/v1/sensors"), ["GET", "HEAD"])
    assert.deepStrictEqual(routes.methods("/v1/sensors/a%2Fb/windows"), ["GET", "HEAD"])
    assert.deepStrictEqual(routes.methods("/docs"), ["GET", "HEAD"])
    for (const path of ["/v1", "/v1/sensors/a/b", "/V1/sensors", "/v1/sensors/%zz", "//v1/sensors"]) {
      assert.deepStrictEqual(routes.methods(path), [], path)
    }
  })
})
