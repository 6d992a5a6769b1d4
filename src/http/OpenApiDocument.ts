/** The contract as it is described to the world: the OpenAPI 3.1 document of `CityApi`, tidied. */
import { OpenApi } from "effect/http-api"
import { CityApi } from "./CityApi.ts"

/** Copies of the schema of problems, one per status, that the generator makes: they are the same. */
const problemCopy = /^Problem_\d+$/

const tidied = (generated: Record<string, any>): Record<string, any> => {
  const document: OpenApi.OpenAPISpec = JSON.parse(
    JSON.stringify(generated).replaceAll(/#\/components\/schemas\/Problem_\d+/g, "#/components/schemas/Problem")
  )
  // Where nothing has to be authorized, an empty list of ways would put a button for it on the page.
  const { schemas: described, securitySchemes, ...components } = document.components
  const schemas = Object.entries(described).filter(([name]) => !problemCopy.test(name))
  return {
    ...document,
    // One tag per title: two groups share one.
    tags: document.tags.filter((tag, index, tags) => tags.findIndex(({ name }) => name === tag.name) === index),
    components: {
      ...components,
      ...(Object.keys(securitySchemes).length > 0 ? { securitySchemes } : {}),
      schemas: Object.fromEntries(schemas.sort(([a], [b]) => a < b ? -1 : 1))
    }
  }
}

/** `CityApi` of this version of Vicinity, for documentation. */
export const describedApi = (version: string) =>
  CityApi.annotateMerge(OpenApi.annotations({ version, transform: tidied }))

export const openApiDocument = (version: string): OpenApi.OpenAPISpec => OpenApi.fromApi(describedApi(version))
