/** What is wrong with an address, a server or its credentials is one sentence without secrets; what was lost comes back. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Redacted, type Scope } from "effect"
import { parseAddress } from "../../../src/adapters/nats/NatsAddress.ts"
import * as NatsConnection from "../../../src/adapters/nats/NatsConnection.ts"
import type { NatsRefused } from "../../../src/adapters/nats/NatsRefused.ts"
import { freePort } from "../../../stack/FreePort.ts"
import { connection, natsServer, natsVersions } from "../../NatsForTests.ts"

const refusal = (
  url: string
): Effect.Effect<NatsRefused, NatsConnection.NatsConnection["Service"], Scope.Scope> =>
  Effect.flip(
    NatsConnection.make({ url: Redacted.make(url), name: "test", startPatience: Duration.millis(100) })
  )

const parsed = (url: string) => {
  const { credentials, isTlsRequired, servers } = parseAddress(url)
  return { servers, credentials, isTlsRequired }
}

describe("addresses", () => {
  it("are taken apart into servers and credentials", () => {
    assert.deepStrictEqual(parsed("nats://ann:s%40cret@a:4223, nats://b"), {
      servers: ["a:4223", "b:4222"],
      credentials: { user: "ann", pass: "s@cret" },
      isTlsRequired: false
    })
    assert.deepStrictEqual(parsed("tls://t0k3n@[::1]:80"), {
      servers: ["[::1]:80"],
      credentials: { token: "t0k3n" },
      isTlsRequired: true
    })
    assert.deepStrictEqual(parsed("localhost"), {
      servers: ["localhost:4222"],
      credentials: undefined,
      isTlsRequired: false
    })
    assert.deepStrictEqual(parsed("ann:@a").credentials, { user: "ann", pass: "" })
  })

  it("that are none are refused without saying what is secret in them", () => {
    const bad = [
      "",
      " , ",
      "http://ann:hunter2@a",
      "nats://ann:hunter2@",
      "nats://ann:hunter2@a:99999999",
      "nats://ann:hunter2@a/b",
      "nats://ann:hunter2%@a",
      "nats://ann:hunter2@a,nats://ann:hunter3@b"
    ]
    for (const url of bad) {
      const refused: NatsRefused = (() => {
        try {
          return assert.fail(JSON.stringify(parseAddress(url)))
        } catch (cause) {
          return cause as NatsRefused
        }
      })()

      assert.strictEqual(refused.reason, "address", url)
      assert.notInclude(JSON.stringify(refused), "hunter", url)
      assert.notInclude(String(refused.stack), "hunter", url)
    }
  })
})

describe.each(natsVersions)("a connection to %s", (version) => {
  it.live("is there with the right user and password, or token", () =>
    Effect.gen(function*() {
      const user = yield* natsServer({ version, settings: 'authorization { user: ann, password: "s@cret" }' })
      const token = yield* natsServer({ version, settings: "authorization { token: t0k3n }" })

      const one = yield* connection({ url: `nats://ann:s%40cret@127.0.0.1:${user.port}` })
      const two = yield* connection({ url: `nats://t0k3n@127.0.0.1:${token.port}` })

      assert.isTrue((yield* one.status).isConnected)
      assert.isTrue((yield* two.status).isConnected)
      assert.match((yield* one.status).version, /^2\.\d+\.\d+/)
      assert.strictEqual((yield* one.status).servers, `127.0.0.1:${user.port}`)
    }))

  it.live("is refused with wrong credentials, without them, and without JetStream", () =>
    Effect.gen(function*() {
      const closed = yield* natsServer({ version, settings: "authorization { user: ann, password: right }" })
      const plain = yield* natsServer({ version, jetStream: false })
      const account = yield* natsServer({
        version,
        settings: "accounts { A: { users: [{ user: ann, password: right }] } }"
      })

      const wrong = yield* refusal(`nats://ann:hunter2@127.0.0.1:${closed.port}`)
      const none = yield* refusal(closed.url)
      const noJetStream = yield* refusal(plain.url)
      const notForAccount = yield* refusal(`nats://ann:right@127.0.0.1:${account.port}`)

      assert.deepStrictEqual(
        [wrong, none, noJetStream, notForAccount].map(({ reason }) => reason),
        ["credentials", "credentials", "no-jetstream", "no-jetstream"]
      )
      assert.include(wrong.message, "tried as ann")
      assert.include(noJetStream.message, "nats-server -js")
      assert.notInclude(JSON.stringify(wrong), "hunter2")
    }))

  it.live("comes back by itself after the server was killed, and says since when it is as it is", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const there = yield* connection(server)
      const heard: Array<string> = []
      const change = (name: "onLost" | "onBack") =>
        Effect.callback<void>((resume) => {
          const stop = there.listen({
            [name]: () => {
              heard.push(name)
              stop()
              resume(Effect.void)
            }
          })
        })

      const lost = yield* Effect.forkChild(change("onLost"), { startImmediately: true })
      yield* server.kill
      yield* Fiber.join(lost)
      const away = yield* there.status
      const back = yield* Effect.forkChild(change("onBack"), { startImmediately: true })
      yield* server.start
      yield* Fiber.join(back)
      const again = yield* there.status

      assert.deepStrictEqual(heard, ["onLost", "onBack"])
      assert.isFalse(away.isConnected)
      assert.isTrue(again.isConnected)
      assert.isAtLeast(again.sinceMillis, away.sinceMillis)
      assert.isAbove((yield* Effect.promise(() => there.manager.getAccountInfo())).limits.max_streams, -2)
    }))
})

describe("a server that is not there", () => {
  it.live("is refused with its address when it was tried for a while", () =>
    Effect.gen(function*() {
      const port = yield* Effect.promise(freePort)

      const refused = yield* refusal(`nats://ann:hunter2@127.0.0.1:${port}`)

      assert.strictEqual(refused.reason, "no-server")
      assert.include(refused.message, `127.0.0.1:${port}`)
      assert.notInclude(JSON.stringify(refused), "hunter2")
    }))
})
