/**
 * `/`, the page people look at, and `/assets/*`, its pieces. Promises: the page is asked for each time and answered 304 when it
 * is the same; its pieces are named by their content and kept for ever; its policy lets it load from, and speak to, this server only.
 * Without a built page `/` says what to do.
 */
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { takesGzip } from "./AcceptEncoding.ts"
import { HttpSettings } from "./HttpSettings.ts"
import { type PageFile, type PageFiles, readPageFiles } from "./PageFiles.ts"
import { escaped, page } from "./Pages.ts"
import { problem } from "./Problems.ts"
import { revalidated } from "./Validators.ts"

/** Workers are those of the map; inline styles are set by scripts, which needs no leave. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
  + "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const forever = "public, max-age=31536000, immutable"

const links = `<ul>
<li><a href="/docs">Documentation</a> of the API (<a href="/openapi.json">OpenAPI 3.1</a>, <a href="/asyncapi.json">AsyncAPI 3</a>)</li>
<li><a href="/v1/sensors">Sensors</a>, each with its latest values</li>
<li><a href="/v1/properties">Observed properties</a></li>
<li><a href="/v1/rejected">Rejected input</a></li>
<li><a href="/health/diagnostics">Diagnostics</a>, <a href="/health/ready">readiness</a>, <a href="/metrics">metrics</a></li>
</ul>`

const withoutPage = (version: string): HttpServerResponse.HttpServerResponse =>
  page(
    "Vicinity",
    `<h1>Vicinity</h1>
<p>A live and explained picture of a city. Version ${escaped(version)}.</p>
<p>The map that belongs here <strong>is not built</strong>. Its tools are development dependencies: run <code>npm install</code> (without
<code>--omit=dev</code> and <code>--ignore-scripts</code>), then <code>npm start</code>. Everything else works without it:</p>
${links}`
  )

/** The page with the facts it needs before it has asked anything. */
const withFacts = (html: string, timeZone: string, version: string): string =>
  html.replace('data-time-zone=""', `data-time-zone="${escaped(timeZone)}"`).replace(
    'data-version=""',
    `data-version="${escaped(version)}"`
  )

const assetAnswer = (file: PageFile, acceptEncoding: string | undefined): HttpServerResponse.HttpServerResponse => {
  const packed = takesGzip(acceptEncoding) ? file.gzip : undefined
  return HttpServerResponse.uint8Array(packed ?? file.bytes, {
    contentType: file.contentType,
    headers: {
      "cache-control": forever,
      "vary": "accept-encoding",
      ...(packed === undefined ? {} : { "content-encoding": "gzip" })
    }
  })
}

const serve = Effect.fnUntraced(function*(router: HttpRouter.HttpRouter, files: PageFiles) {
  const { timeZone, version } = yield* HttpSettings
  const html = withFacts(files.html, timeZone, version)
  const whole = HttpServerResponse.text(html, {
    contentType: "text/html; charset=utf-8",
    headers: { ...revalidated, "content-security-policy": policy, "referrer-policy": "no-referrer" }
  })
  yield* router.add("GET", "/", whole)
  yield* router.add(
    "GET",
    "/assets/:name",
    Effect.gen(function*() {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const file = files.assets.get((yield* HttpRouter.params)["name"] ?? "")
      return file === undefined
        ? problem("unknown-path", "the page has no such piece; load the page again")
        : assetAnswer(file, headers["accept-encoding"])
    })
  )
})

export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const { pageFolder, version } = yield* HttpSettings
  const files = pageFolder === undefined ? undefined : yield* readPageFiles(pageFolder)
  if (files === undefined) yield* router.add("GET", "/", withoutPage(version))
  else yield* serve(router, files)
}))
