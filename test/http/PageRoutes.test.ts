/** The page and its pieces over real HTTP, from a folder as the build leaves it, and without one. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { mkdir, writeFile } from "node:fs/promises"
import { createServer, request } from "node:http"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { serveOptions } from "../../src/http/CityHttp.ts"
import { HttpSettings, httpSettings } from "../../src/http/HttpSettings.ts"
import * as PageRoutes from "../../src/http/PageRoutes.ts"
import * as RequestEdge from "../../src/http/RequestEdge.ts"
import { temporaryFolder } from "../PostgresForTests.ts"
import { ask, assertProblem } from "./Requests.ts"

const script = `console.log(${"1".repeat(2000)})`

/** In files that nobody may have; such a word stands nowhere else. */
const secret = "what-nobody-may-read"

/** What the build leaves, and beside it a file that nobody may have. */
const built = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  yield* Effect.promise(async () => {
    const assets = join(folder, "dist/assets")
    await mkdir(assets, { recursive: true })
    await writeFile(join(folder, "secret.js"), secret)
    await writeFile(join(folder, "dist/secret.js"), secret)
    await writeFile(join(assets, "notes.txt"), `${secret}: not a piece of the page`)
    await writeFile(join(assets, "page-abc.js"), script)
    await writeFile(join(assets, "page-abc.js.gz"), gzipSync(script))
    await writeFile(join(assets, "page-abc.css"), "body{}")
    await writeFile(join(folder, "dist/index.html"), `<html data-time-zone="" data-version=""><p>map</p></html>`)
  })
  return join(folder, "dist")
})

const served = Effect.fnUntraced(function*(pageFolder: string | undefined) {
  const settings = Layer.succeed(
    HttpSettings,
    httpSettings({ version: "9.8.7", timeZone: "Europe/Helsinki", pageFolder })
  )
  const context = yield* Layer.build(
    HttpRouter.serve(
      Layer.provide(PageRoutes.layer, [RequestEdge.layer.pipe(Layer.provide(settings)), settings]),
      serveOptions
    ).pipe(Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))
  )
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  return HttpServer.formatAddress(address)
})

/** Status and body for a path that `fetch` would tidy up. */
const raw = (base: string, path: string): Effect.Effect<{ readonly status: number; readonly text: string }> =>
  Effect.promise(() =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(base)
      request({ hostname, port, path }, (response) => {
        let text = ""
        response.on("data", (piece: Buffer) => {
          text += piece.toString()
        })
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }))
      }).on("error", reject).end()
    })
  )

describe("the page", () => {
  it.live("is asked for each time, says zone and version, and may load from this server only", () =>
    Effect.gen(function*() {
      const base = yield* served(yield* built)

      const page = yield* ask(`${base}/`)

      assert.strictEqual(page.status, 200)
      assert.include(page.body, `data-time-zone="Europe/Helsinki" data-version="9.8.7"`)
      assert.strictEqual(page.headers.get("content-type"), "text/html; charset=utf-8")
      assert.strictEqual(page.headers.get("cache-control"), "no-cache")
      const policy = page.headers.get("content-security-policy") ?? ""
      assert.include(policy, "default-src 'none'")
      assert.notMatch(policy, /unsafe|https?:|\*/)
    }))

  it.live("is answered 304 to whoever has it", () =>
    Effect.gen(function*() {
      const base = yield* served(yield* built)
      const { headers } = yield* ask(`${base}/`)
      const etag = headers.get("etag") ?? ""

      const same = yield* ask(`${base}/`, { headers: { "if-none-match": `"other", ${etag}` } })
      const other = yield* ask(`${base}/`, { headers: { "if-none-match": '"other"' } })

      assert.match(etag, /^W\/"[\w-]{22}"$/)
      assert.strictEqual(same.status, 304)
      assert.strictEqual(same.body, "")
      assert.strictEqual(other.status, 200)
    }))

  it.live("has pieces that are kept for ever, compressed for those who accept it", () =>
    Effect.gen(function*() {
      const base = yield* served(yield* built)

      const gzip = yield* ask(`${base}/assets/page-abc.js`, { headers: { "accept-encoding": "gzip" } })
      const refused = yield* ask(`${base}/assets/page-abc.js`, { headers: { "accept-encoding": "gzip;q=0" } })
      const plain = yield* ask(`${base}/assets/page-abc.js`, { headers: { "accept-encoding": "identity" } })
      const style = yield* ask(`${base}/assets/page-abc.css`)
      const head = yield* ask(`${base}/assets/page-abc.js`, { method: "HEAD" })

      assert.strictEqual(gzip.headers.get("content-encoding"), "gzip")
      assert.strictEqual(gzip.headers.get("vary"), "accept-encoding")
      assert.strictEqual(gzip.body, script)
      assert.isNull(refused.headers.get("content-encoding"))
      assert.isNull(plain.headers.get("content-encoding"))
      assert.strictEqual(plain.body, script)
      assert.match(plain.headers.get("content-type") ?? "", /^text\/javascript/)
      assert.match(plain.headers.get("cache-control") ?? "", /immutable/)
      assert.match(style.headers.get("content-type") ?? "", /^text\/css/)
      assert.strictEqual(head.status, 200)
      assert.strictEqual(head.body, "")
    }))

  it.live("gives no other file away, however it is asked for", () =>
    Effect.gen(function*() {
      const base = yield* served(yield* built)

      for (
        const path of [
          "/assets/../secret.js",
          "/assets/..%2fsecret.js",
          "/assets/%2e%2e/%2e%2e/secret.js",
          "/assets/..%5csecret.js",
          "/assets/..%2f..%2fsecret.js",
          "/assets//etc/passwd",
          "/assets/notes.txt",
          "/assets/page-abc.js.gz",
          "/assets/constructor",
          "/assets/",
          "/secret.js",
          "/index.html"
        ]
      ) {
        const { status, text } = yield* raw(base, path)
        assert.strictEqual(status, 404, path)
        assert.notInclude(text, secret)
      }
      assertProblem(yield* ask(`${base}/assets/gone-123.js`), 404, "unknown-path")
    }))

  it.live("that is not built says what to do, and leads to the API", () =>
    Effect.gen(function*() {
      for (const folder of [undefined, "/nowhere", yield* temporaryFolder]) {
        const page = yield* ask(`${yield* served(folder)}/`)

        assert.strictEqual(page.status, 200)
        assert.include(page.body, "npm install")
        assert.include(page.body, 'href="/docs"')
        assert.include(page.headers.get("content-security-policy"), "default-src 'none'")
      }
    }))
})
