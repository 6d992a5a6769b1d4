/**
 * What people see beside the page itself (`PageRoutes`): the documentation, an explanation of each problem, and the documents behind them.
 * Promise: nothing is loaded from anywhere else; the policy in each page's headers would not let it.
 */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiSwagger } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { asyncApiDocument } from "./AsyncApiDocument.ts"
import { HttpSettings } from "./HttpSettings.ts"
import { describedApi, openApiDocument } from "./OpenApiDocument.ts"
import { problemTypes } from "./Problems.ts"
import { revalidated } from "./Validators.ts"

/** Paths beside those of the contract. */
export const pagePaths = [
  "/",
  "/assets/:name",
  "/docs",
  "/openapi.json",
  "/asyncapi.json",
  "/metrics",
  "/problems",
  "/problems/:name"
] as const

const policy = (script: string) =>
  `default-src 'none'; style-src 'unsafe-inline'; ${script}img-src 'self' data:; connect-src 'self'; base-uri 'none'; `
  + "form-action 'none'; frame-ancestors 'none'"

const pageHeaders = (script = "") => ({
  "content-security-policy": policy(script),
  "referrer-policy": "no-referrer",
  ...revalidated
})

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => c === "&" ? "&amp;" : c === "<" ? "&lt;" : c === ">" ? "&gt;" : "&quot;")

/** `code` in backticks, as in the texts of the contract. */
const inline = (text: string): string => escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>")

export const page = (title: string, body: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
  code { font-size: .9em } dt { font-weight: 600; margin-top: 1rem } dd { margin: 0 }
</style>
${body}
</html>
`,
    { contentType: "text/html; charset=utf-8", headers: pageHeaders() }
  )

const entry = (name: string, { explanation, status, title }: (typeof problemTypes)[keyof typeof problemTypes]) =>
  `<dt id="${name}">${status} ${escaped(title)}</dt><dd>${inline(explanation)}</dd>`

const problemsPage = page(
  "Vicinity: problems",
  `<h1>Problems</h1>\n<dl>\n${Object.entries(problemTypes).map(([name, type]) => entry(name, type)).join("\n")}\n</dl>`
)

const problemPages: ReadonlyMap<string, HttpServerResponse.HttpServerResponse> = new Map(
  Object.entries(problemTypes).map((
    [name, type]
  ) => [name, page(`Vicinity: ${type.title}`, `<dl>${entry(name, type)}</dl>`)])
)

/** Swagger UI comes with `effect`, whole in one page; it needs its scripts, and no other origin. */
const docs = Layer.unwrap(
  Effect.map(HttpSettings, ({ version }) => HttpApiSwagger.layer(describedApi(version), { path: "/docs" }))
).pipe(
  Layer.provide(
    HttpRouter.middleware(Effect.map(HttpServerResponse.setHeaders(pageHeaders("script-src 'unsafe-inline'; ")))).layer
  )
)

const documents = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const { subjectPrefix, version } = yield* HttpSettings
  yield* router.add("GET", "/problems", problemsPage)
  yield* router.add(
    "GET",
    "/problems/:name",
    Effect.map(HttpRouter.params, (params) => problemPages.get(params["name"] ?? "") ?? problemsPage)
  )
  yield* router.add(
    "GET",
    "/openapi.json",
    HttpServerResponse.jsonUnsafe(openApiDocument(version), { headers: revalidated })
  )
  yield* router.add(
    "GET",
    "/asyncapi.json",
    HttpServerResponse.jsonUnsafe(asyncApiDocument(version, subjectPrefix), { headers: revalidated })
  )
}))

export const layer = Layer.mergeAll(documents, docs, PrometheusMetrics.layerHttp({ path: "/metrics" }))
