/**
 * `npm run chaos [-- --seed 1 --minutes 2 --rate 2000 --datastreams 2000 --runners 3 --nats current] [--faults "redis killed,runner frozen"] [--keep]`: kills, stops and freezes the processes
 * and servers of a city under load, one every 15 s, and lets the logs judge what is left. Prints a table, and the same as one JSON object
 * on the last line. Ends with 1 where anything is lost or there twice.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { parseArgs } from "node:util"
import { chaosJson, chaosTable, isClean } from "./ChaosReport.ts"
import { chaosRun, drawnFaults } from "./ChaosRun.ts"
import { faultKinds } from "./Faults.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "2" },
    rate: { type: "string", default: "2000" },
    datastreams: { type: "string", default: "2000" },
    runners: { type: "string", default: "3" },
    nats: { type: "string", default: "debian" },
    /** In place of drawn ones: kinds, comma-separated. */
    faults: { type: "string" },
    /** Leaves the folder with the logs of the processes. */
    keep: { type: "boolean", default: false }
  }
})

const pauseMillis = 15_000
const given = values.faults?.split(",").map((wanted) => {
  const kind = faultKinds.find((each) => each === wanted)
  if (kind === undefined) throw new Error(`"${wanted}" is none of: ${faultKinds.join(", ")}`)
  return kind
})

const program = Effect.gen(function*() {
  const folder = mkdtempSync(`${tmpdir()}/vicinity-chaos-`)
  chmodSync(folder, 0o755)
  if (values.keep) yield* Console.log(`\n  kept: ${folder}`)
  else yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
  const seed = Number(values.seed)
  yield* Console.log(`\nA city of ${values.runners} runners under load, seed ${seed} …\n`)
  const run = yield* chaosRun({
    folder,
    natsVersion: values.nats === "current" ? "nats-server-current" : "nats-server",
    seed,
    runners: Number(values.runners),
    rate: Number(values.rate),
    datastreams: Number(values.datastreams),
    pauseMillis,
    faults: given ?? drawnFaults(seed, Math.max(1, Math.round(Number(values.minutes) * 60_000 / pauseMillis))),
    say: (line) => Console.log(`  ${new Date().toISOString().slice(11, 19)} ${line}`)
  })
  yield* Console.log("")
  for (const line of chaosTable(run)) yield* Console.log(line)
  yield* Console.log(`\n${chaosJson(run)}`)
  if (!isClean(run)) process.exitCode = 1
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
