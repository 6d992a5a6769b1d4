/** The answer to a parameter that the contract does not allow: which one, what came, what is expected. */
import { SchemaIssue } from "effect"
import type { HttpServerResponse } from "effect/http"
import type { HttpApiError } from "effect/http-api"
import { problem } from "./Problems.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    switch (issue._tag) {
      case "UnexpectedKey":
        return "there is no such parameter here; see /docs"
      case "MissingKey":
        return "it must be given; see /docs"
      default:
        return SchemaIssue.defaultLeafHook(issue)
    }
  }
})

const nameOf = (segment: PropertyKey | { readonly key: PropertyKey } | undefined): string =>
  segment === undefined ? "" : String(typeof segment === "object" ? segment.key : segment)

export const parameterProblem = (error: HttpApiError.HttpApiSchemaError): HttpServerResponse.HttpServerResponse => {
  const [issue] = format(error.cause.issue).issues
  const parameter = nameOf(issue?.path?.[0])
  const message = issue?.message.replace(/^Expected/, "expected") ?? "cannot be used"
  return problem("bad-parameter", `${parameter}: ${message}`, { parameter })
}
