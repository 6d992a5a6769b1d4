/** Settings: what is understood, what is refused and how, and that the README tells the same. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { readFileSync } from "node:fs"
import { citySettings, defaultSettings, settingFlags, unknownVariables } from "../../src/apps/Settings.ts"
import { settingsTable } from "../../src/apps/SettingsTable.ts"

type Raw = Parameters<typeof citySettings>[0]
const none = Object.fromEntries(Object.keys(settingFlags).map((key) => [key, Option.none()])) as unknown as Raw
const given = (values: Partial<Record<keyof Raw, string>>): Raw => ({
  ...none,
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
    [{ port: "abc" }, /--port: "abc" is not a port/],
    [{ port: "65536" }, /--port/],
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
    [{ observationLimit: "many" }, /--observation-limit/]
  ] as ReadonlyArray<readonly [Partial<Record<keyof Raw, string>>, RegExp]>)(
    "refuse %j with a sentence that names the setting",
    ([values, sentence]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(citySettings(given(values)))

        assert.match(error.message, sentence)
      })
  )

  it("know a misspelled variable", () => {
    assert.deepStrictEqual(unknownVariables({ VICINITY_PORT: "1", VICINITY_PROT: "1", PATH: "/bin" }), [
      "VICINITY_PROT"
    ])
  })

  it("are listed in the README as they are", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")
    const listed = /<!-- settings:begin -->\n([\s\S]*?)\n<!-- settings:end -->/.exec(readme)?.[1]

    assert.strictEqual(listed?.trim(), settingsTable())
  })
})
