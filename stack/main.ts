/**
 * `npm run stack [-- --runners 3] [--port 8080] [--ingest-port 8081] [--data FOLDER] [--nats current] [-- flags of vicinity start]`: a city of
 * several processes on this machine, until ctrl-C. What stands behind a second `--` goes to the process that takes observations in when it
 * names a source (`--source`, `--replay`, `--speed` …), and to every process otherwise.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { parseArgs } from "node:util"
import { openStack } from "./Stack.ts"

const { values } = parseArgs({
  options: {
    runners: { type: "string", default: "3" },
    port: { type: "string", default: "8080" },
    "ingest-port": { type: "string", default: "8081" },
    data: { type: "string", default: ".vicinity-stack" },
    nats: { type: "string", default: "debian" },
    source: { type: "string" },
    replay: { type: "string" },
    speed: { type: "string" },
    seed: { type: "string" },
    districts: { type: "string" },
    "time-zone": { type: "string" }
  }
})

const given = (names: ReadonlyArray<keyof typeof values>): ReadonlyArray<string> =>
  names.flatMap((name) => values[name] === undefined ? [] : [`--${name}`, values[name]])

const isReplay = values.replay !== undefined
const isSimulation = !isReplay && (values.source ?? "simulation") === "simulation"
const sourceArgs = isSimulation ? ["--source", "simulation", ...given(["seed"])] : given(["replay", "source", "speed"])
const sharedArgs = [
  ...given(["time-zone"]),
  ...(isSimulation && values.districts === undefined ? ["--districts", "simulated-helsinki"] : given(["districts"])),
  // A source that sends its past tells the time itself.
  ...(isSimulation || isReplay ? ["--ticks", "when-live"] : [])
]

const program = Effect.gen(function*() {
  yield* Console.log("\nA city of several processes: servers start, then the processes …\n")
  const stack = yield* openStack({
    folder: values.data,
    runners: Number(values.runners),
    apiPort: Number(values.port),
    ingestPort: Number(values["ingest-port"]),
    natsVersion: values.nats === "current" ? "nats-server-current" : "nats-server",
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

NodeRuntime.runMain(program)
