import { assert, describe, it } from "@effect/vitest"
import { Ajv } from "ajv"
import addFormats from "ajv-formats"
import { Schema } from "effect"
import { createRequire } from "node:module"
import { asyncApiDocument, describedMessages } from "../../src/http/AsyncApiDocument.ts"
import { ObservationInput } from "../../src/schemas/Observation.ts"

const document: any = JSON.parse(JSON.stringify(asyncApiDocument("1.2.3", "city")))

const official = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0-without-$id.json")

/** Every value under `key`, anywhere. */
const everywhere = (value: unknown, key: string): ReadonlyArray<any> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...everywhere(inner, key)])
}

const at = (reference: string): unknown =>
  reference.slice(2).split("/").reduce<any>((value, key) => value?.[key], document)

/** The payload of a message alone, with the named parts it refers to. */
const payloadSchema = (name: string) => ({
  ...document.components.messages[name].payload,
  components: document.components
})

const jsonSchemas = (): Ajv => {
  const ajv = new Ajv({ strict: false })
  addFormats.default(ajv)
  return ajv
}

describe("the AsyncAPI document", () => {
  it("is valid by the official schema of AsyncAPI 3, and a broken one is not", () => {
    const validate = jsonSchemas().compile(official)

    assert.isTrue(validate(document), JSON.stringify(validate.errors))
    assert.isFalse(validate({ ...document, operations: { tellEvents: { action: "shout" } } }))
  })

  it("has the version of this server and the subjects of its prefix", () => {
    assert.strictEqual(document.info.version, "1.2.3")
    assert.strictEqual(document.channels.events.address, "city.events.{type}.{district}")
    assert.strictEqual(document.channels.inbox.address, "city.in.{sender}")
    assert.include(document.channels.inbox.description, "city.in.>")
  })

  it("has no reference to nowhere and no component that nobody needs", () => {
    const references = new Set<string>(everywhere(document, "$ref"))
    const components = ["messages", "schemas"].flatMap((kind) =>
      Object.keys(document.components[kind]).map((name) => `#/components/${kind}/${name}`)
    )

    assert.deepStrictEqual([...references].filter((reference) => at(reference) === undefined), [])
    assert.deepStrictEqual(components.filter((component) => !references.has(component)), [])
  })

  it("has examples that decode with our schemas and that its own describe", () => {
    const decoded = Object.entries(describedMessages).map(([name, { schema }]) => {
      const [example] = document.components.messages[name].examples
      const validate = jsonSchemas().compile(payloadSchema(name))

      assert.isTrue(Schema.is(schema)(example.payload), name)
      assert.isTrue(validate(example.payload), `${name}: ${JSON.stringify(validate.errors)}`)
      return name
    })
    const lines: string = document.components.messages.observationLines.examples[0].payload

    assert.deepStrictEqual(decoded, ["anomaly", "quality", "window", "observation", "observations", "observationLines"])
    assert.isTrue(lines.trim().split("\n").map((line) => JSON.parse(line)).every(Schema.is(ObservationInput)))
  })

  it("describes the payload of each type, so that another one does not pass for it", () => {
    const quality = jsonSchemas().compile(payloadSchema("quality"))
    const { window } = document.components.messages

    assert.isFalse(quality(window.examples[0].payload))
  })
})
