/** The contract as it is described to the world: the OpenAPI 3.1 document of `CityApi`, tidied. */
import { OpenApi } from "effect/http-api"
import { CityApi } from "./CityApi.ts"

/** Copies of the schema of problems, one per status, that the generator makes: they are the same. */
const problemCopy = /^Problem_\d+$/

/**
 * The generator says what a parameter is in its schema, where pages do not show it. What must be given has an example to try the
 * operation with; what may be left out is left out.
 */
const tidiedParameter = (parameter: Record<string, any>): Record<string, any> => {
  const { description, ...schema } = parameter["schema"]
  const [example] = schema.examples ?? []
  return {
    ...parameter,
    ...(description === undefined ? {} : { description }),
    ...(example !== undefined && parameter["required"] === true ? { example } : {}),
    schema
  }
}

const tidiedPaths = (paths: Record<string, Record<string, any>>): Record<string, any> =>
  Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, { parameters, ...operation }]) => [
          method,
          parameters === undefined ? operation : { ...operation, parameters: parameters.map(tidiedParameter) }
        ])
      )
    ])
  )

const tidied = (generated: Record<string, any>): Record<string, any> => {
  const document: OpenApi.OpenAPISpec = JSON.parse(
    JSON.stringify(generated).replaceAll(/#\/components\/schemas\/Problem_\d+/g, "#/components/schemas/Problem")
  )
  // Where nothing has to be authorized, an empty list of ways would put a button for it on the page.
  const { schemas: described, securitySchemes, ...components } = document.components
  const schemas = Object.entries(described).filter(([name]) => !problemCopy.test(name))
  return {
    ...document,
    paths: tidiedPaths(document.paths),
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
