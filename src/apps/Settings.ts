/**
 * The settings of a city, checked, from what was given for each flag (SettingFlags.ts). Promise: a malformed setting, or two that do not go
 * together, stop the start with a sentence that says which.
 */
import { Duration, Effect, Option, type Redacted } from "effect"
import { h3ResolutionDefault } from "../ingest/Districts.ts"
import type { QualityWeights } from "../schemas/QualityOfLife.ts"
import { noSettings, type RawSettings } from "./SettingFlags.ts"
import {
  bytes,
  duration,
  fail,
  instant,
  latenessTable,
  listOf,
  number,
  oneOf,
  optional,
  port,
  qualityWeights,
  requestLimit,
  retention,
  serverUrl,
  zone
} from "./SettingValues.ts"

export type Role = "all" | "ingest" | "actors" | "api"

export interface CitySettings {
  readonly port: number
  readonly host: string
  readonly data: string
  readonly timeZone: string | undefined
  readonly source: "simulation" | "replay" | "none"
  readonly seed: number
  readonly replay: ReadonlyArray<string>
  /** Epoch milliseconds. */
  readonly startAt: number | undefined
  readonly replayLimitMillis: number | undefined
  readonly mapping: string | undefined
  readonly speed: number | "max"
  readonly districts: string | undefined
  readonly districtId: string | undefined
  readonly districtName: string | undefined
  readonly districtLeaveOut: ReadonlyArray<string>
  readonly h3Resolution: number
  readonly qualityWeights: QualityWeights
  readonly latenessMillis: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly idleTimeout: Duration.Duration
  readonly commitInterval: Duration.Duration
  readonly logLimitBytes: number
  /** Requests of one client a second. */
  readonly queryLimit: number | undefined
  readonly observationLimit: number | undefined
  /** Undefined: never dropped. */
  readonly minuteRetention: Duration.Duration | undefined
  readonly historyRetention: Duration.Duration | undefined
  readonly postgresUrl: Redacted.Redacted | undefined
  /** One URL or several, comma-separated. */
  readonly natsUrl: Redacted.Redacted | undefined
  readonly natsPrefix: string
  readonly redisUrl: Redacted.Redacted | undefined
  /** Undefined: everything in one process and one data folder. */
  readonly role: Role | undefined
  readonly runnerHost: string
  readonly runnerPort: number
  readonly ticks: "always" | "when-live"
  readonly drainTime: Duration.Duration
  readonly logReplicas: number
}

const loopback = new Set(["127.0.0.1", "localhost", "::1"])

/** Several processes share their logs and their database: where both are given a city is one of several. */
const roleOf = (given: (key: keyof RawSettings) => string | undefined) => {
  const isShared = given("natsUrl") !== undefined && given("postgresUrl") !== undefined
  const role = given("role") ?? (isShared ? "all" : undefined)
  return optional(role, (value) => oneOf("role", value, ["all", "ingest", "actors", "api"]))
}

/** Whether a process with these settings can start: a city of several needs servers for all it shares. */
export const requireServers = Effect.fnUntraced(function*({ natsUrl, postgresUrl, role }: CitySettings) {
  if (role === undefined && natsUrl === undefined && postgresUrl === undefined) return
  const missing = natsUrl === undefined ? "--nats-url" : postgresUrl === undefined ? "--postgres-url" : undefined
  if (missing === undefined) return
  return yield* fail("role", role ?? "all", `possible without ${missing}: several processes share logs and database`)
})

/** Checked settings of a start; fails with the first that is malformed. */
export const citySettings = Effect.fnUntraced(function*(raw: RawSettings) {
  const given = (key: keyof RawSettings): string | undefined => Option.getOrUndefined(raw[key])
  const host = given("host") ?? "127.0.0.1"
  if (!loopback.has(host)) {
    return yield* fail(
      "host",
      host,
      "a loopback address: there is no login yet, so Vicinity does not leave this machine"
    )
  }
  const speed = given("speed") ?? "max"
  const timeZone = given("timeZone")
  const replay = listOf(given("replay") ?? "")
  const mapping = given("mapping")
  if (mapping !== undefined && replay.length > 1) {
    return yield* fail("mapping", mapping, "for several recordings: put a vicinity-mapping.json into each folder")
  }
  const role = yield* roleOf(given)
  const wanted = given("source") ?? (replay.length > 0 ? "replay" : role === undefined ? "simulation" : "none")
  const source = yield* oneOf("source", wanted, ["simulation", "replay", "none"])
  if (source !== "none" && (role === "actors" || role === "api")) {
    return yield* fail("source", wanted, `for the role ${role}: observations come in by the role ingest or all`)
  }
  if ((source === "replay") !== (replay.length > 0)) {
    return yield* fail("source", wanted, "what --replay asks for: name folders with --replay, or leave both out")
  }
  const settings: CitySettings = {
    port: yield* port("port", given("port") ?? "8080"),
    host,
    data: given("data") ?? ".vicinity",
    timeZone: timeZone === undefined ? undefined : yield* zone("time-zone", timeZone),
    source,
    seed: yield* number("seed", given("seed") ?? "1", (n) => Number.isSafeInteger(n) && n >= 0, "a whole number"),
    replay,
    startAt: yield* optional(given("startAt"), (value) => instant("start-at", value)),
    replayLimitMillis: yield* optional(
      given("replayLimit"),
      (value) => Effect.map(duration("replay-limit", value), Duration.toMillis)
    ),
    mapping,
    speed: speed === "max"
      ? "max"
      : yield* number("speed", speed, (n) => n > 0 && n < Infinity, "a number above 0, or max"),
    districts: given("districts"),
    districtId: given("districtId"),
    districtName: given("districtName"),
    districtLeaveOut: listOf(given("districtLeaveOut") ?? ""),
    h3Resolution: yield* number(
      "h3-resolution",
      given("h3Resolution") ?? String(h3ResolutionDefault),
      (n) => Number.isInteger(n) && n >= 0 && n <= 15,
      "a whole number from 0 to 15"
    ),
    qualityWeights: yield* qualityWeights(given("qualityWeights") ?? ""),
    latenessMillis: yield* latenessTable(given("lateness") ?? ""),
    idleTimeout: yield* duration("idle-timeout", given("idleTimeout") ?? "1 minute"),
    commitInterval: yield* duration("commit-interval", given("commitInterval") ?? "5 seconds"),
    logLimitBytes: yield* bytes("log-limit", given("logLimit") ?? "8 GiB"),
    queryLimit: yield* requestLimit("query-limit", given("queryLimit")),
    observationLimit: yield* requestLimit("observation-limit", given("observationLimit")),
    minuteRetention: yield* retention("minute-retention", given("minuteRetention") ?? "48 hours", 2),
    historyRetention: yield* retention("history-retention", given("historyRetention") ?? "never", 24),
    postgresUrl: yield* optional(given("postgresUrl"), serverUrl("postgres")),
    natsUrl: yield* optional(given("natsUrl"), serverUrl("nats")),
    natsPrefix: given("natsPrefix") ?? "vicinity",
    redisUrl: yield* optional(given("redisUrl"), serverUrl("redis")),
    role,
    runnerHost: given("runnerHost") ?? "127.0.0.1",
    runnerPort: yield* number(
      "runner-port",
      given("runnerPort") ?? "34431",
      (n) => Number.isInteger(n) && n > 0 && n < 65_536,
      "a port that others can be told"
    ),
    ticks: yield* oneOf("ticks", given("ticks") ?? "always", ["always", "when-live"]),
    drainTime: given("drainTime") === undefined
      ? Duration.zero
      : yield* duration("drain-time", given("drainTime") ?? ""),
    logReplicas: Number(yield* oneOf("log-replicas", given("logReplicas") ?? "1", ["1", "3", "5"]))
  }
  return settings
})

/** What a start without flags and variables has. */
export const defaultSettings = citySettings(noSettings)
