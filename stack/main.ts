/**
 * `npm run stack [-- --runners 3 --port 8080 --ingest-port 8081 --data FOLDER --nats current]`: a city of several processes on this machine,
 * until ctrl-C. Flags of `vicinity start` may stand beside: those that say what the source is (`--source`, `--replay`, `--speed` …) go to
 * the process that takes observations in, all others to every process; what the stack decides (roles, servers, addresses) is no flag of it.
 */
import { Console, Effect } from "effect"
import { settings, simulatedDistricts } from "../src/apps/SettingFlags.ts"
import { openStack } from "./Stack.ts"
import { commandLine, natsVersionOf, runCommand, runnersOf, wholeNumber } from "./StackCommand.ts"

const decided = ["port", "host", "data", "role", "runner-host", "runner-port", "nats-url", "postgres-url", "redis-url"]
const ofSource = ["source", "seed", "replay", "mapping", "start-at", "replay-limit", "speed"]
const passed = settings.map(({ flag }) => flag).filter((flag) => !decided.includes(flag))

const { values } = commandLine({
  options: {
    runners: { type: "string", default: "3" },
    port: { type: "string", default: "8080" },
    "ingest-port": { type: "string", default: "8081" },
    data: { type: "string", default: ".vicinity-stack" },
    nats: { type: "string", default: "debian" },
    ...Object.fromEntries(passed.map((flag) => [flag, { type: "string" as const }]))
  }
})
const flags: Readonly<Record<string, string | boolean | ReadonlyArray<string | boolean> | undefined>> = values

const given = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.flatMap((name) => typeof flags[name] === "string" ? [`--${name}`, flags[name]] : [])
/** Where the command line does not say it. */
const unlessGiven = (name: string, value: string): ReadonlyArray<string> =>
  flags[name] === undefined ? [`--${name}`, value] : []

const isReplay = flags["replay"] !== undefined
const isSimulation = !isReplay && (flags["source"] ?? "simulation") === "simulation"
const sourceArgs = [...given(ofSource), ...(isSimulation ? unlessGiven("source", "simulation") : [])]
const sharedArgs = [
  ...given(passed.filter((flag) => !ofSource.includes(flag))),
  ...(isSimulation ? unlessGiven("districts", simulatedDistricts) : []),
  // A source that sends its past tells the time itself.
  ...(isSimulation || isReplay ? unlessGiven("ticks", "when-live") : [])
]
const runners = runnersOf(values.runners)
const apiPort = wholeNumber("port", values.port, 1, 65_535)
const ingestPort = wholeNumber("ingest-port", values["ingest-port"], 1, 65_535)
const natsVersion = natsVersionOf(values.nats)

const program = Effect.gen(function*() {
  yield* Console.log("\nA city of several processes: servers start, then the processes …\n")
  const stack = yield* openStack({
    folder: values.data,
    runners,
    apiPort,
    ingestPort,
    natsVersion,
    args: sharedArgs,
    sourceArgs
  })
  const lines = [
    ["page and questions (api)", stack.api.url],
    ["observations go to (ingest)", `${stack.ingest.url}/v1/observations`],
    ["subscribers (NATS)", stack.nats.url],
    ...stack.runners.map(({ name, url }) => [`${name} (health, metrics)`, `${url}/health/ready`]),
    ["Redis", stack.redis.url],
    ["logs of the processes", `${values.data}/logs`]
  ] as const
  for (const [what, where] of lines) yield* Console.log(`  ${what.padEnd(30)} ${where}`)
  yield* Console.log("\n  Everything is ready; ctrl-C stops it in order.\n")
  yield* Effect.addFinalizer(() => Console.log("\n  … stopping"))
  return yield* Effect.never
}).pipe(Effect.scoped)

runCommand(program)
