/**
 * Every setting, once: its flag, its environment variable, its default and what it means. The command line, the check for unknown variables and
 * the table in the README are made from this list.
 */
import { Config, Option } from "effect"
import { Flag } from "effect/cli"
import { h3ResolutionDefault } from "../ingest/Districts.ts"

interface Described {
  /** In `settingFlags`. */
  readonly key: string
  readonly flag: string
  readonly env: string
  /** Of a secret: the variable that names a file whose content is the setting. */
  readonly fileEnv: string | undefined
  readonly metavar: string
  readonly fallback: string
  readonly description: string
}

const described: Array<Described> = []

/** A text setting that may be absent. */
const text = (
  flag: string,
  metavar: string,
  fallback: string,
  description: string,
  isSecret = false
): Flag.Flag<Option.Option<string>> => {
  const env = `VICINITY_${flag.toUpperCase().replaceAll("-", "_")}`
  const key = flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  described.push({ key, flag, env, fileEnv: isSecret ? `${env}_FILE` : undefined, metavar, fallback, description })
  return Flag.String(flag).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(`${description} [${env}; default: ${fallback}]`),
    Flag.withFallbackConfig(Config.String(env)),
    Flag.optional
  )
}

/** A setting with a password in it: also from a file, and never shown. */
const secret = (flag: string, metavar: string, fallback: string, description: string) =>
  text(flag, metavar, fallback, description, true)

/** In place of a file: the map of the simulated city, for processes that do not simulate it themselves. */
export const simulatedDistricts = "simulated-helsinki"

export const settingFlags = {
  port: text("port", "PORT", "8080", "Port of the HTTP API; 0 takes a free one"),
  host: text("host", "HOST", "127.0.0.1", "Address the API binds to; only loopback while there is no login"),
  data: text("data", "FOLDER", ".vicinity", "Folder of everything that is kept"),
  timeZone: text(
    "time-zone",
    "IANA",
    "the one the data has, that of the replay, Europe/Helsinki",
    "Zone in which hours of the week are counted"
  ),
  source: text(
    "source",
    "simulation|replay|none",
    "replay where one is given, else simulation",
    "Where observations come from, beside the API"
  ),
  seed: text("seed", "N", "1", "Which simulated city"),
  replay: text("replay", "FOLDERS", "none", "Folders with recordings to replay together, comma-separated"),
  mapping: text(
    "mapping",
    "FILE",
    "vicinity-mapping.json in the folder, else built in",
    "How the recording is to be read"
  ),
  startAt: text(
    "start-at",
    "TIME",
    "when it was recorded",
    "RFC 3339: shifts recordings by whole weeks so that they begin here"
  ),
  replayLimit: text("replay-limit", "DURATION", "all of it", "Span of event time to replay"),
  speed: text("speed", "N|max", "max", "Seconds of event time replayed per second, or max"),
  districts: text(
    "districts",
    "FILE",
    "H3 cells",
    `GeoJSON with a polygon per district, or ${simulatedDistricts} for those of the simulated city`
  ),
  districtId: text("district-id", "PROPERTY", "chosen from the file", "Property of the file that holds the id"),
  districtName: text("district-name", "PROPERTY", "chosen from the file", "Property of the file that holds the name"),
  districtLeaveOut: text("district-leave-out", "LIST", "none", "Ids or names in the file that are no districts"),
  h3Resolution: text(
    "h3-resolution",
    "N",
    String(h3ResolutionDefault),
    "Size of the cells without a file, 0 (large) to 15 (small)"
  ),
  qualityWeights: text(
    "quality-weights",
    "LIST",
    "air=0.3,traffic=0.25,public_transport=0.25,noise=0.2",
    "How much each part of the quality of life counts, as PART=WEIGHT, comma-separated; only proportions matter"
  ),
  lateness: text(
    "lateness",
    "LIST",
    "5 min for each property",
    "How long windows wait, as [SOURCE/]PROPERTY=DURATION, comma-separated; * stands for all (http/pm2_5=1 hour)"
  ),
  idleTimeout: text("idle-timeout", "DURATION", "1 minute", "A datastream silent this long follows the clock"),
  commitInterval: text("commit-interval", "DURATION", "5 seconds", "State is committed at least this often"),
  logLimit: text(
    "log-limit",
    "BYTES",
    "8 GiB",
    "Size at which the observation log refuses new data; on NATS the partials log too, and each shard at its 61st part"
  ),
  queryLimit: text(
    "query-limit",
    "N",
    "none",
    "Requests that ask, of one client a second, over ten seconds; beyond it 429"
  ),
  observationLimit: text(
    "observation-limit",
    "N",
    "none",
    "Requests that send, of one client a second, over ten seconds; beyond it 429"
  ),
  minuteRetention: text(
    "minute-retention",
    "DURATION|never",
    "48 hours",
    "How long windows of one minute are kept, in event time; dropped by whole days, or never"
  ),
  historyRetention: text(
    "history-retention",
    "DURATION|never",
    "never",
    "The same for longer windows, late observations and districts; dropped by whole months"
  ),
  postgresUrl: secret(
    "postgres-url",
    "URL",
    "PostgreSQL of its own in the data folder",
    "Database of a city of several processes: postgres://user:password@host:5432/database?sslmode=require"
  ),
  natsUrl: secret("nats-url", "URLS", "logs in the data folder", "NATS servers, comma-separated: nats:// or tls://"),
  natsPrefix: text("nats-prefix", "NAME", "vicinity", "What subjects and streams of this city begin with"),
  redisUrl: secret(
    "redis-url",
    "URL",
    "none",
    "Redis for the latest values and the counts of requests: redis:// or rediss://"
  ),
  role: text(
    "role",
    "all|ingest|actors|api",
    "all in a city of several processes",
    "What this process does in a city of several; needs --nats-url and --postgres-url"
  ),
  runnerHost: text("runner-host", "HOST", "127.0.0.1", "Address at which other processes of the city reach its shards"),
  runnerPort: text("runner-port", "PORT", "34431", "Port at which other processes of the city reach its shards"),
  ticks: text(
    "ticks",
    "always|when-live",
    "always",
    "Whether shards are told what time it is always, or once their log is live: where a past is replayed beside"
  ),
  drainTime: text(
    "drain-time",
    "DURATION",
    "nothing",
    "How long a process that was told to stop says so at /health/ready before it stops"
  ),
  logReplicas: text("log-replicas", "N", "1", "Copies of the logs in a NATS cluster: 1, 3 or 5")
} as const

/** All settings, for `--help`, the README and the check of the environment. */
export const settings: ReadonlyArray<Described> = described

/** Variables that start with `VICINITY_` and name no setting. */
export const unknownVariables = (environment: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => {
  const known = new Set(settings.flatMap(({ env, fileEnv }) => fileEnv === undefined ? [env] : [env, fileEnv]))
  return Object.keys(environment).filter((name) => name.startsWith("VICINITY_") && !known.has(name)).sort()
}

/** Settings as they were given. */
export type RawSettings = { readonly [K in keyof typeof settingFlags]: Option.Option<string> }

/** Settings of which none is given. */
export const noSettings = Object.fromEntries(
  Object.keys(settingFlags).map((key) => [key, Option.none()])
) as RawSettings
