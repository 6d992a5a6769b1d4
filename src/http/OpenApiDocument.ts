/** The OpenAPI 3.1 document of `CityApi`, as it is served. */
import { OpenApi } from "effect/http-api"
import { CityApi } from "./CityApi.ts"

/** Copies of the schema of problems, one per status, that the generator makes: they are the same. */
const problemCopy = /^Problem_\d+$/

export const openApiDocument = (version: string): OpenApi.OpenAPISpec => {
  const generated: OpenApi.OpenAPISpec = JSON.parse(
    JSON.stringify(OpenApi.fromApi(CityApi)).replaceAll(
      /#\/components\/schemas\/Problem_\d+/g,
      "#/components/schemas/Problem"
    )
  )
  const schemas = Object.entries(generated.components.schemas).filter(([name]) => !problemCopy.test(name))
  return {
    ...generated,
    info: { ...generated.info, version },
    // One tag per title: two groups share one.
    tags: generated.tags.filter((tag, index, tags) => tags.findIndex(({ name }) => name === tag.name) === index),
    components: { ...generated.components, schemas: Object.fromEntries(schemas.sort(([a], [b]) => a < b ? -1 : 1)) }
  }
}
