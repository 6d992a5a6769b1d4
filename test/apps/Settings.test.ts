/** Settings: what is understood, what is refused and how, and that the README tells the same. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { withSecretFiles } from "../../src/apps/SecretFiles.ts"
import { noSettings, type RawSettings, unknownVariables } from "../../src/apps/SettingFlags.ts"
import { citySettings, defaultSettings, requireServers } from "../../src/apps/Settings.ts"
import { settingsTable } from "../../src/apps/SettingsTable.ts"
import { temporaryFolder } from "../PostgresForTests.ts"

const given = (values: Partial<Record<keyof RawSettings, string>>): RawSettings => ({
  ...noSettings,
  ...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Option.some(value)]))
})

describe("settings", () => {
  it.effect("have defaults that run on a laptop", () =>
    Effect.gen(function*() {
      const settings = yield* defaultSettings

      assert.strictEqual(settings.port, 8080)
      assert.strictEqual(settings.host, "127.0.0.1")
      assert.strictEqual(settings.data, ".vicinity")
      assert.strictEqual(settings.speed, "max")
      assert.strictEqual(Duration.toMillis(settings.commitInterval), 5_000)
      assert.strictEqual(settings.logLimitBytes, 8 * 2 ** 30)
      assert.isUndefined(settings.queryLimit)
      assert.deepStrictEqual(settings.minuteRetention, Duration.hours(48))
      assert.isUndefined(settings.historyRetention)
    }))

  it.effect("say lateness by source and property", () =>
    Effect.gen(function*() {
      const settings = yield* citySettings(given({ lateness: "http/pm2_5=1 hour, noise=10 minutes,mqtt/*=90 seconds" }))

      assert.deepStrictEqual(settings.latenessMillis, {
        "http": { pm2_5: 3_600_000 },
        "*": { noise: 600_000 },
        "mqtt": { "*": 90_000 }
      })
    }))

  it.effect.each([
    [{ role: "mayor" }, /--role: "mayor" is not one of all, ingest, actors, api/],
    [{ role: "api", source: "simulation" }, /--source: "simulation" is not for the role api/],
    [{ ticks: "sometimes" }, /--ticks: "sometimes" is not one of always, when-live/],
    [{ logReplicas: "2" }, /--log-replicas: "2" is not one of 1, 3, 5/],
    [{ drainTime: "a while" }, /--drain-time: "a while" is not a duration/],
    [{ port: "abc" }, /--port: "abc" is not a port/],
    [{ port: "65536" }, /--port/],
    [{ runnerPort: "0" }, /--runner-port: "0" is not a port that others can be told/],
    [{ host: "0.0.0.0" }, /--host: "0\.0\.0\.0" is not a loopback address/],
    [{ timeZone: "Europe/Atlantis" }, /--time-zone: "Europe\/Atlantis" is not an IANA time zone/],
    [{ speed: "0" }, /--speed/],
    [{ source: "mqtt" }, /--source: "mqtt" is not one of simulation, replay, none/],
    [{ source: "replay" }, /--source: "replay" is not what --replay asks for/],
    [{ seed: "1.5" }, /--seed: "1.5" is not a whole number/],
    [{ speed: "fast" }, /--speed: "fast" is not a number above 0, or max/],
    [{ lateness: "http/speed=5 minutes" }, /--lateness: "speed" is not an observed property/],
    [{ lateness: "noise=2 days" }, /--lateness: "2 days" is not at most a day/],
    [{ lateness: "noise" }, /--lateness/],
    [{ qualityWeights: "air=0.3=9" }, /--quality-weights: "air=0\.3=9" is not PART=WEIGHT with one of air, /],
    [{ qualityWeights: "air" }, /--quality-weights: "air" is not PART=WEIGHT/],
    [{ qualityWeights: "smell=1" }, /--quality-weights: "smell=1" is not PART=WEIGHT/],
    [{ qualityWeights: "air=-1" }, /--quality-weights: "-1" is not a weight of 0 or more/],
    [{ idleTimeout: "soon" }, /--idle-timeout: "soon" is not a duration/],
    [{ logLimit: "1 MB" }, /--log-limit: "1 MB" is not a size/],
    [{ logLimit: "100" }, /--log-limit/],
    [{ queryLimit: "0" }, /--query-limit: "0" is not requests a second, at least 0.1, or none/],
    [{ observationLimit: "many" }, /--observation-limit/],
    [{ minuteRetention: "1 hour" }, /--minute-retention: "1 hour" is not at least 2 hours, or never/],
    [{ historyRetention: "soon" }, /--history-retention: "soon" is not a duration/],
    [{ postgresUrl: "mysql://h/db" }, /--postgres-url: "\(not shown\)" is not a URL such as postgres:\/\//],
    [{ postgresUrl: "postgres://h/db?sslmode=maybe" }, /--postgres-url: .* sslmode is one of disable, /],
    [{ postgresUrl: "postgres://h" }, /--postgres-url: .* names a database/],
    [{ postgresUrl: "postgres:///db" }, /--postgres-url: .* names no host/],
    [{ natsUrl: "nats://a:4222,http://b" }, /--nats-url: .* a URL such as nats:\/\//],
    [{ natsUrl: "nats://a:4222," }, /--nats-url/],
    [{ redisUrl: "redis://h/first" }, /--redis-url: .* path is the number of a database/],
    [{ redisUrl: "" }, /--redis-url/]
  ] as ReadonlyArray<readonly [Partial<Record<keyof RawSettings, string>>, RegExp]>)(
    "refuse %j with a sentence that names the setting",
    ([values, sentence]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(citySettings(given(values)))

        assert.match(error.message, sentence)
      })
  )

  it.effect("make one process of several where servers are named, and then send nothing by themselves", () =>
    Effect.gen(function*() {
      const urls = { natsUrl: "nats://localhost:4222", postgresUrl: "postgres://a:b@localhost/city" }
      const all = yield* citySettings(given(urls))
      const alone = yield* citySettings(given({ natsUrl: urls.natsUrl }))
      const roleAlone = yield* citySettings(given({ role: "ingest" }))

      assert.deepStrictEqual([all.role, all.source], ["all", "none"])
      assert.isUndefined(yield* requireServers(all))
      assert.match((yield* Effect.flip(requireServers(alone))).message, /not possible without --postgres-url/)
      assert.match((yield* Effect.flip(requireServers(roleAlone))).message, /not possible without --nats-url/)
      assert.isUndefined(yield* requireServers(yield* defaultSettings))
    }))

  it("know a misspelled variable", () => {
    const variables = { VICINITY_PORT: "1", VICINITY_PROT: "1", VICINITY_NATS_URL_FILE: "f", PATH: "/bin" }

    assert.deepStrictEqual(unknownVariables(variables), ["VICINITY_PROT"])
  })

  it.effect("take URLs of servers, and hide them", () =>
    Effect.gen(function*() {
      const postgresUrl = "postgres://city:p%40ss@db.example:6432/vicinity?sslmode=require"
      const natsUrl = "nats://a:4222, tls://b:4222"
      const settings = yield* citySettings(given({ postgresUrl, natsUrl, redisUrl: "rediss://cache/1" }))

      assert.strictEqual(settings.postgresUrl && Redacted.value(settings.postgresUrl), postgresUrl)
      assert.strictEqual(settings.natsUrl && Redacted.value(settings.natsUrl), natsUrl)
      assert.notInclude(JSON.stringify(settings), "p%40ss")
      assert.notInclude(String(settings.postgresUrl), "p%40ss")
    }))

  it.effect.each([
    "postgres://city:s3cr#t@db.example/vicinity",
    "postgres://city:s3cr%t@db.example/vicinity",
    "postgres://city:s3cr/t@db.example/vicinity",
    "city:s3cr-t@db.example/vicinity"
  ])("say what is wrong with a URL without showing it (%s)", (postgresUrl) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(citySettings(given({ postgresUrl })))

      assert.match(error.message, /^--postgres-url: "\(not shown\)" is not a URL such as postgres:/)
      assert.notInclude(error.message, "s3cr")
    }))

  it.effect("read a secret from the file that a variable names, unless a flag is given", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "redis-url")
      writeFileSync(file, "redis://from-file:6379\n")
      const environment = { VICINITY_REDIS_URL_FILE: file }

      const fromFile = yield* withSecretFiles(noSettings, environment)
      const fromFlag = yield* withSecretFiles(given({ redisUrl: "redis://from-flag" }), environment)

      assert.deepStrictEqual(fromFile.redisUrl, Option.some("redis://from-file:6379"))
      assert.deepStrictEqual(fromFlag.redisUrl, Option.some("redis://from-flag"))
    }).pipe(Effect.scoped))

  it.effect("refuse a secret that is given twice, or whose file is missing or empty", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "nats-url")
      writeFileSync(file, "\n")
      const refusal = (environment: Record<string, string>) =>
        Effect.map(Effect.flip(withSecretFiles(noSettings, environment)), ({ message }) => message)

      const twice = yield* refusal({ VICINITY_NATS_URL: "nats://a", VICINITY_NATS_URL_FILE: file })
      const missing = yield* refusal({ VICINITY_NATS_URL_FILE: `${file}.gone` })
      const empty = yield* refusal({ VICINITY_NATS_URL_FILE: file })

      assert.match(twice, /^VICINITY_NATS_URL_FILE: .* is not the only one: VICINITY_NATS_URL is set too/)
      assert.match(missing, /^VICINITY_NATS_URL_FILE: .* is not a file that can be read \(ENOENT/)
      assert.match(empty, /^VICINITY_NATS_URL_FILE: .* is not a file with something in it/)
    }).pipe(Effect.scoped))

  it("are listed in the README as they are", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")
    const listed = /<!-- settings:begin -->\n([\s\S]*?)\n<!-- settings:end -->/.exec(readme)?.[1]

    assert.strictEqual(listed?.trim(), settingsTable())
  })
})
