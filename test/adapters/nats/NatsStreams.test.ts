/** A log is used only where its streams are what was wanted, and nothing about them is bent. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connection, natsServer, natsVersions } from "../../NatsForTests.ts"
import { kB, openLog, openLogAndConnection, smallLog } from "./NatsLogs.ts"

describe.each(natsVersions)("streams on %s", (version) => {
  it.live("are made once, also where several processes open the log at the same time", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })

      const logs = yield* Effect.all([openLog(server), openLog(server), openLog(server)], { concurrency: "unbounded" })
      const again = yield* openLog(server)

      assert.deepStrictEqual(logs.map(({ identity }) => identity), Array.from({ length: 3 }, () => again.identity))
      assert.strictEqual(again.identity.shards, smallLog.shards)
    }))

  it.live("of a large log have one identity for all that open it while it is made, however often", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const shards = 40

      for (let nth = 0; nth < 4; nth++) {
        const open = Effect.map(openLog(server, { prefix: `city${nth}`, shards }), ({ identity }) => identity)
        const identities = yield* Effect.all(Array.from({ length: 6 }, () => open), { concurrency: "unbounded" })
        const again = yield* open

        assert.deepStrictEqual(identities, Array.from({ length: 6 }, () => again))
      }
    }))

  it.live("keep their identity over a restart of the server, and another prefix is another log", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const before = yield* Effect.scoped(Effect.map(openLog(server), ({ identity }) => identity))

      yield* server.stop
      yield* server.start
      const after = yield* openLog(server)
      const other = yield* openLog(server, { prefix: "city.of-tests" })

      assert.deepStrictEqual(after.identity, before)
      assert.notStrictEqual(other.identity.id, before.id)
    }))

  it.live("have another identity when one of them was deleted and made again", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const { connection, log } = yield* openLogAndConnection(server)

      yield* Effect.promise(() => connection.manager.streams.delete("vicinity_obs_3"))
      const again = yield* openLog(server)

      assert.notStrictEqual(again.identity.id, log.identity.id)
    }))

  it.live("of another number of shards are refused", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      yield* openLog(server)

      const fewer = yield* Effect.flip(openLog(server, { shards: 3 }))
      const more = yield* Effect.flip(openLog(server, { shards: 7 }))

      assert.include(fewer.message, "has 5 shards, 3 are configured")
      assert.include(more.message, "has 5 shards, 7 are configured")
    }))

  it.live("that somebody configured otherwise are refused with the field, what is wanted and what was found", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const { manager } = yield* connection(server)
      const wrong = {
        max_age: { max_age: 3600e9 },
        discard: { discard: "old" as const },
        subjects: { subjects: ["vicinity.obs.2", "more"] },
        max_msgs: { max_msgs: 10 },
        no_ack: { no_ack: true }
      }
      for (const [field, change] of Object.entries(wrong)) {
        yield* Effect.scoped(openLog(server))
        yield* Effect.promise(() => manager.streams.update("vicinity_obs_2", change))

        const refused = yield* Effect.flip(openLog(server))

        assert.include(refused.message, `stream vicinity_obs_2 has ${field} `)
        assert.include(refused.message, "is wanted")
        yield* Effect.promise(() => manager.streams.delete("vicinity_obs_2"))
      }
    }))

  it.live("that are another program's are refused and left alone", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const { manager } = yield* connection(server)
      const made = yield* Effect.promise(() =>
        manager.streams.add({ name: "vicinity_obs_1", subjects: ["theirs"], storage: "memory" })
      )

      const refused = yield* Effect.flip(openLog(server))
      const after = yield* Effect.promise(() => manager.streams.info("vicinity_obs_1"))

      assert.include(refused.message, "choose another prefix")
      assert.deepStrictEqual(after.config, made.config)
    }))

  it.live("get another size where that is all that is different", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })
      const { connection, log } = yield* openLogAndConnection(server)

      const larger = yield* openLog(server, { limitBytes: 5 * 2048 * kB })
      const { config } = yield* Effect.promise(() => connection.manager.streams.info("vicinity_obs_5"))

      assert.strictEqual(config.max_bytes, 2048 * kB)
      assert.strictEqual((yield* larger.usage).limitBytes, 5 * 2048 * kB)
      assert.deepStrictEqual(larger.identity, log.identity)
    }))

  it.live("that the server has no room or no servers for are refused with what to do", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version, jetStreamSettings: "max_file_store: 4MB" })

      const tooLarge = yield* Effect.flip(openLog(server))
      const replicas = yield* Effect.flip(openLog(server, { limitBytes: 5 * 64 * kB, replicas: 3 }))

      assert.include(tooLarge.message, "insufficient storage")
      assert.include(tooLarge.message, "lower the limit")
      assert.include(replicas.message, "on 3 of the NATS servers")
    }))

  it.live("are not made under a prefix that is none", () =>
    Effect.gen(function*() {
      const server = yield* natsServer({ version })

      for (const prefix of ["", "a b", "a..b", "a.*", ">", "a."]) {
        const refused = yield* Effect.flip(openLog(server, { prefix }))

        assert.include(refused.message, "cannot begin subjects")
      }
    }))
})

describe("streams of an older server", () => {
  it.live("are the same log on a current one", () =>
    Effect.gen(function*() {
      const older = yield* natsServer({ version: "nats-server" })
      const before = yield* Effect.scoped(Effect.gen(function*() {
        const log = yield* openLog(older)
        yield* log.append([{ shard: 1, payload: new Uint8Array(10) }])
        return log.identity
      }))

      yield* older.stop
      const current = yield* natsServer({ version: "nats-server-current", folder: older.folder })
      const log = yield* openLog(current)

      assert.deepStrictEqual(log.identity, before)
      assert.deepStrictEqual(yield* log.bounds(1), { first: 1, last: 1 })
    }))
})
