/** A Redis that does not do what is asked: each time a sentence that says what and what to do, and nothing fails but the question. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createServer } from "node:http"
import * as RedisConnection from "../../../src/adapters/redis/RedisConnection.ts"
import { keysOf, trialOf } from "../../../src/adapters/redis/RedisLatestView.ts"
import { freePort } from "../../../stack/FreePort.ts"
import { startRedis } from "../../RedisForTests.ts"
import { openView, readyView, until, untilSaid, whole } from "./RedisView.ts"

describe("Redis", () => {
  it.live("killed and started again is used again, and until then every question fails", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const view = yield* readyView(server.url)
      yield* view.write(whole)

      yield* server.kill
      yield* Effect.flip(view.read(7, 0, 1))
      yield* Effect.flip(view.write(whole))
      const { detail } = yield* untilSaid(view, /is not there: nothing listens/)
      yield* server.start
      yield* until(view, "up")

      assert.include(detail, `127.0.0.1:${server.port}`)
      assert.isUndefined(yield* view.read(7, 0, 1))
      assert.strictEqual((yield* view.write(whole))._tag, "kept")
    }).pipe(Effect.scoped))

  it.live("that hangs costs one question its patience; it is used again when it goes on", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const view = yield* readyView(server.url)

      yield* server.freeze
      const first = yield* Effect.flip(view.read(7, 0, 1))
      const others = yield* Effect.forEach(Array.from({ length: 1_000 }), () => Effect.flip(view.read(7, 0, 1)))
      yield* untilSaid(view, /did not answer within 2s/)
      yield* server.thaw
      yield* until(view, "up")

      assert.match(first.detail, /did not answer within 200ms/)
      assert.lengthOf(others, 1_000)
      assert.strictEqual((yield* view.write(whole))._tag, "kept")
    }).pipe(Effect.scoped))

  it.live("that was never there is found when it comes", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      yield* server.kill
      const view = yield* openView(server.url)
      yield* untilSaid(view, /nothing listens/)

      yield* server.start

      yield* until(view, "up")
    }).pipe(Effect.scoped))

  it.live("with a password: the wrong one, or none, is said, and the right one is not", () =>
    Effect.gen(function*() {
      const server = yield* startRedis("--requirepass", "sesame")
      const wrong = yield* openView(server.urlOf(":secret-guess@"))
      const none = yield* openView(server.url)
      const right = yield* readyView(server.urlOf(":sesame@"))

      const said = [yield* untilSaid(wrong, /refuses/), yield* untilSaid(none, /refuses/)]

      for (const { detail } of said) {
        assert.strictEqual(detail, `Redis at 127.0.0.1:${server.port} refuses the user or the password of its URL`)
      }
      assert.strictEqual((yield* right.write(whole))._tag, "kept")
    }).pipe(Effect.scoped))

  it.live("whose user may do too little is not used", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      yield* server.send("ACL", "SETUSER", "reader", "on", ">pass", "~*", "+@read", "+ping", "+eval")
      yield* server.send("ACL", "SETUSER", "stranger", "on", ">pass", "~theirs:*", "+@all")
      const enough = ["+@read", "+@write", "+@scripting", "+@connection"]
      yield* server.send("ACL", "SETUSER", "city", "on", ">pass", "~vicinity:*", ...enough)

      const reader = yield* openView(server.urlOf("reader:pass@"))
      const stranger = yield* openView(server.urlOf("stranger:pass@"))
      const city = yield* readyView(server.urlOf("city:pass@"))

      yield* untilSaid(reader, /does not let its user do what is needed; allow its keys and \+@read/)
      yield* untilSaid(stranger, /does not let its user/)
      assert.strictEqual((yield* city.write(whole))._tag, "kept")
    }).pipe(Effect.scoped))

  it.live("without memory is not used, and loses nothing of others", () =>
    Effect.gen(function*() {
      const server = yield* startRedis("--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
      yield* server.send("SET", "theirs", "x".repeat(500_000))
      const view = yield* readyView(server.url)
      yield* server.send("CONFIG", "SET", "maxmemory", "1mb")

      const refused = yield* Effect.flip(view.write(whole))
      yield* untilSaid(view, /is out of memory \(maxmemory\)/)
      yield* server.send("CONFIG", "SET", "maxmemory", "0")
      yield* until(view, "up")

      assert.match(refused.detail, /is out of memory/)
      assert.strictEqual((yield* server.send("STRLEN", "theirs")) as number, 500_000)
    }).pipe(Effect.scoped))

  it.live("that is a replica is not used", () =>
    Effect.gen(function*() {
      const primary = yield* startRedis()
      const replica = yield* startRedis("--replicaof", `127.0.0.1 ${primary.port}`)
      const view = yield* openView(replica.url)

      const { detail } = yield* untilSaid(view, /is a replica/)

      assert.include(detail, "name the primary")
    }).pipe(Effect.scoped))

  it.live("that does not have the database of the URL is not used", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const view = yield* openView(Redacted.make(`${Redacted.value(server.url)}/99`))

      const { detail } = yield* untilSaid(view, /database number/)

      assert.include(detail, "does not have the database number of its URL")
    }).pipe(Effect.scoped))

  it.live("that is no Redis but a web server is not used", () =>
    Effect.gen(function*() {
      const port = yield* Effect.promise(freePort)
      const web = createServer((_request, response) => response.end("hello"))
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => web.listen(port, "127.0.0.1", resolve))),
        () => Effect.sync(() => web.close())
      )
      const view = yield* openView(Redacted.make(`redis://127.0.0.1:${port}`))

      const { state } = yield* untilSaid(view, /is no Redis|closed the connection/)

      assert.strictEqual(state, "away")
    }).pipe(Effect.scoped))

  it.live("is examined for a doctor: where it is, or why it cannot be used", () =>
    Effect.gen(function*() {
      const server = yield* startRedis("--requirepass", "sesame")
      const trial = trialOf(keysOf("city"))

      const well = yield* RedisConnection.examine(server.urlOf(":sesame@"), trial)
      const unwell = yield* Effect.flip(RedisConnection.examine(server.url, trial))
      const none = yield* Effect.flip(RedisConnection.examine(Redacted.make("none"), trial))
      yield* server.freeze
      const hanging = yield* Effect.flip(RedisConnection.examine(server.urlOf(":sesame@"), trial))

      assert.strictEqual(well, `127.0.0.1:${server.port}`)
      assert.match(unwell.detail, /refuses the user or the password/)
      assert.match(none.detail, /is expected/)
      assert.match(hanging.detail, /did not answer within 2s/)
    }).pipe(Effect.scoped))

  it.live("under a URL that is none is not looked for, and the URL is not repeated", () =>
    Effect.gen(function*() {
      const views = yield* Effect.forEach(["localhost:6379", "http://:secret@redis", "secret"], (url) =>
        openView(Redacted.make(url)))

      for (const view of views) {
        const { detail, state } = yield* view.status
        assert.strictEqual(state, "away")
        assert.include(detail, "redis://[user:password@]host[:port][/database] is expected")
        assert.notInclude(detail, "secret")
        assert.notInclude((yield* Effect.flip(view.read(1, 0, 1))).detail, "secret")
      }
    }).pipe(Effect.scoped))
})
