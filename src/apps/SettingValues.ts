/** The values of settings, from the text that was given: each is understood, or refused with a sentence that names the setting. */
import { Duration, Effect, Option, Redacted, Schema } from "effect"
import { parseRfc3339 } from "../ingest/Rfc3339.ts"
import { observedProperty } from "../schemas/ObservedProperties.ts"
import { defaultQualityWeights, qualityPartNames } from "../schemas/QualityOfLife.ts"
import { type ServerName, serverUrlProblem } from "./ServerUrls.ts"

export class SettingInvalid extends Schema.TaggedError<SettingInvalid>()("SettingInvalid", {
  setting: Schema.String,
  value: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `${this.setting}: "${this.value}" is not ${this.expected}`
  }
}

export const fail = (setting: string, value: string, expected: string) =>
  Effect.fail(new SettingInvalid({ setting: `--${setting}`, value, expected }))

export const number = (setting: string, value: string, accepted: (n: number) => boolean, expected: string) => {
  const n = value.trim() === "" ? NaN : Number(value)
  return accepted(n) ? Effect.succeed(n) : fail(setting, value, expected)
}

export const duration = (setting: string, value: string) =>
  Option.match(Duration.fromInput(value as Duration.Input), {
    onSome: (parsed) =>
      Duration.toMillis(parsed) > 0 ? Effect.succeed(parsed) : fail(setting, value, "longer than nothing"),
    onNone: () => fail(setting, value, 'a duration such as "90 seconds" or "5 minutes"')
  })

export const instant = (setting: string, value: string) => {
  const millis = parseRfc3339(value)
  return Number.isNaN(millis)
    ? fail(setting, value, "an RFC 3339 time with a zone such as 2026-11-23T00:00:00+02:00")
    : Effect.succeed(millis)
}

export const optional = <A>(value: string | undefined, parse: (value: string) => Effect.Effect<A, SettingInvalid>) =>
  value === undefined ? Effect.succeed(undefined) : parse(value)

const units: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }

export const bytes = (setting: string, value: string) => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(|KiB|MiB|GiB|TiB)\s*$/.exec(value)
  const size = match === null ? NaN : Math.floor(Number(match[1]) * (units[match[2] ?? ""] ?? 1))
  return size >= 2 ** 20 ? Effect.succeed(size) : fail(setting, value, 'a size of at least 1 MiB such as "512 MiB"')
}

export const zone = (setting: string, value: string) =>
  Effect.try({
    try: () => new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone,
    catch: () =>
      new SettingInvalid({ setting: `--${setting}`, value, expected: "an IANA time zone such as Europe/Helsinki" })
  })

/** What stands between commas. */
export const listOf = (value: string): ReadonlyArray<string> =>
  value.split(",").map((part) => part.trim()).filter((part) => part !== "")

/** `[source/]property=duration, …` as a table by source, then property. */
export const latenessTable = Effect.fnUntraced(function*(value: string) {
  const table: Record<string, Record<string, number>> = {}
  for (const entry of listOf(value)) {
    const match = /^(?:([^/=]+)\/)?([^/=]+)=(.+)$/.exec(entry)
    if (match === null) return yield* fail("lateness", entry, "[SOURCE/]PROPERTY=DURATION")
    const [, source = "*", property = "", span = ""] = match
    if (property !== "*" && observedProperty(property) === undefined) {
      return yield* fail("lateness", property, "an observed property (GET /v1/properties lists them)")
    }
    const millis = Duration.toMillis(yield* duration("lateness", span))
    if (millis > 86_400_000) return yield* fail("lateness", span, "at most a day")
    table[source] = { ...table[source], [property]: millis }
  }
  return table
})

/** `part=weight, …`; parts that are not named have their default. */
export const qualityWeights = Effect.fnUntraced(function*(value: string) {
  const weights = { ...defaultQualityWeights }
  for (const entry of listOf(value)) {
    const [name, weight, ...more] = entry.split("=").map((side) => side.trim())
    const part = qualityPartNames.find((known) => known === name)
    if (part === undefined || weight === undefined || more.length > 0) {
      return yield* fail("quality-weights", entry, `PART=WEIGHT with one of ${qualityPartNames.join(", ")}`)
    }
    weights[part] = yield* number("quality-weights", weight, (n) => n >= 0 && n < Infinity, "a weight of 0 or more")
  }
  const isAny = qualityPartNames.some((part) => weights[part] > 0)
  return isAny ? weights : yield* fail("quality-weights", value, "with at least one weight above 0")
})

/** At least so long that what is being written is never in question. */
export const retention = Effect.fnUntraced(function*(setting: string, value: string, hoursMin: number) {
  if (value.trim() === "never") return undefined
  const kept = yield* duration(setting, value)
  if (Duration.toHours(kept) >= hoursMin) return kept
  return yield* fail(setting, value, `at least ${hoursMin} hours, or never`)
})

/** What is wrong is said without the value. */
export const serverUrl = (server: ServerName) => (value: string) => {
  const problem = serverUrlProblem(server, value)
  return problem === undefined
    ? Effect.succeed(Redacted.make(value, { label: `${server} URL` }))
    : fail(`${server}-url`, "(not shown)", problem)
}

export const port = (setting: string, value: string) =>
  number(setting, value, (n) => Number.isInteger(n) && n >= 0 && n < 65_536, "a port")

export const oneOf = <const Choice extends string>(setting: string, value: string, choices: ReadonlyArray<Choice>) => {
  const choice = choices.find((choice) => choice === value)
  return choice === undefined ? fail(setting, value, `one of ${choices.join(", ")}`) : Effect.succeed(choice)
}

/** Requests of one client a second; `undefined`: as many as it likes. */
export const requestLimit = (setting: string, value: string | undefined) =>
  value === "none" ? Effect.succeed(undefined) : optional(
    value,
    (text) => number(setting, text, (n) => n >= 0.1 && n < Infinity, "requests a second, at least 0.1, or none")
  )
