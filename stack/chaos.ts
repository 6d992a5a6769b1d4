/**
 * `npm run chaos [-- --seed 1 --minutes 10 --rate 10000 --datastreams 5000 --runners 4 --nats current --faults "redis killed,runner frozen"
 * --keep]`: kills, stops and freezes the processes and servers of a city under load, spoils the lines between them and a clock, something
 * every 15 s, and lets the logs judge what is left.
 * Prints a table, and the same as one JSON object on the last line. Ends with 1 where anything is lost or there twice.
 */
import { Console, Effect } from "effect"
import { chaosJson, chaosTable, isClean } from "./ChaosReport.ts"
import { chaosRun, drawnFaults } from "./ChaosRun.ts"
import { faultKinds } from "./Faults.ts"
import { aboveZero, commandLine, folderOf, natsVersionOf, oneOf, runCommand, runnersOf, wholeNumber } from "./StackCommand.ts"

const { values } = commandLine({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "10000" },
    datastreams: { type: "string", default: "5000" },
    runners: { type: "string", default: "4" },
    nats: { type: "string", default: "debian" },
    /** In place of drawn ones: kinds, comma-separated. */
    faults: { type: "string" },
    /** Leaves the folder with the logs of the processes. */
    keep: { type: "boolean", default: false }
  }
})

const pauseMillis = 15_000
const seed = wholeNumber("seed", values.seed, 0)
const drawn = Math.max(1, Math.round(aboveZero("minutes", values.minutes) * 60_000 / pauseMillis))
const options = {
  seed,
  natsVersion: natsVersionOf(values.nats),
  runners: runnersOf(values.runners),
  rate: aboveZero("rate", values.rate),
  datastreams: wholeNumber("datastreams", values.datastreams, 500),
  pauseMillis,
  faults: values.faults?.split(",").map((wanted) => oneOf("faults", wanted, faultKinds)) ?? drawnFaults(seed, drawn)
}

const program = Effect.gen(function*() {
  const folder = yield* folderOf("chaos", values.keep)
  if (values.keep) yield* Console.log(`\n  kept: ${folder}`)
  yield* Console.log(`\nA city of ${options.runners} runners under load, seed ${seed} …\n`)
  const run = yield* chaosRun({
    ...options,
    folder,
    say: (line) => Console.log(`  ${new Date().toISOString().slice(11, 19)} ${line}`)
  })
  yield* Console.log("")
  for (const line of chaosTable(run)) yield* Console.log(line)
  yield* Console.log(`\n${chaosJson(run)}`)
  if (!isClean(run)) process.exitCode = 1
}).pipe(Effect.scoped)

runCommand(program)
