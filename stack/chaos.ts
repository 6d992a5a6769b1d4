/**
 * `npm run chaos [-- --seed 1 --minutes 10 --rate 10000 --datastreams 5000 --runners 4 --nats current --faults "redis killed,runner frozen"
 * --break fence --keep]`: kills, stops and freezes the processes and servers of a city under load, spoils the lines between them and a
 * clock, something every 15 s, and lets the logs judge what is left. Prints a table, and the same as one JSON object on the last line. Ends with 1 where anything is lost or there twice.
 * `--break` plants a fault into the processes (`Sabotages.ts`) and then must end so.
 */
import { Console, Effect } from "effect"
import { chaosJson, chaosTable, isClean } from "./ChaosReport.ts"
import { chaosRun, drawnFaults } from "./ChaosRun.ts"
import { faultKinds } from "./Faults.ts"
import { sabotageNames, sabotages } from "./Sabotages.ts"
import {
  aboveZero,
  commandLine,
  folderOf,
  natsVersionOf,
  oneOf,
  runCommand,
  runnersOf,
  wholeNumber
} from "./StackCommand.ts"

const { values } = commandLine({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string" },
    rate: { type: "string" },
    datastreams: { type: "string" },
    runners: { type: "string" },
    nats: { type: "string", default: "debian" },
    /** In place of drawn ones: kinds, comma-separated. */
    faults: { type: "string" },
    /** Plants a fault into the processes, which the oracle must find. */
    break: { type: "string" },
    /** Leaves the folder with the logs of the processes. */
    keep: { type: "boolean", default: false }
  }
})

const pauseMillis = 15_000
const defaults = { minutes: "10", rate: "10000", datastreams: "5000", runners: "4" }
/** A fault that was planted shows in a minute, and under less load. */
const whereBroken = { minutes: "0.75", rate: "2000", datastreams: "1000", runners: "2" }

const sabotage = values.break === undefined ? undefined : oneOf("break", values.break, sabotageNames)
const given = { ...(sabotage === undefined ? defaults : whereBroken), ...values }
const seed = wholeNumber("seed", values.seed, 0)
const drawn = Math.max(1, Math.round(aboveZero("minutes", given.minutes) * 60_000 / pauseMillis))
/** Without `--faults`: that which shows what is broken, or drawn ones. */
const byItself = () =>
  sabotage === undefined ? drawnFaults(seed, drawn) : Array.from({ length: drawn }, () => sabotages[sabotage].fault)
const options = {
  seed,
  natsVersion: natsVersionOf(values.nats),
  sabotage,
  runners: runnersOf(given.runners),
  rate: aboveZero("rate", given.rate),
  datastreams: wholeNumber("datastreams", given.datastreams, 500),
  pauseMillis,
  faults: values.faults?.split(",").map((wanted) => oneOf("faults", wanted, faultKinds)) ?? byItself()
}

const program = Effect.gen(function*() {
  const folder = yield* folderOf("chaos", values.keep)
  if (values.keep) yield* Console.log(`\n  kept: ${folder}`)
  if (sabotage !== undefined) yield* Console.log(`\nBroken on purpose: ${sabotages[sabotage].breaks}.`)
  yield* Console.log(`\nA city of ${options.runners} runners under load, seed ${seed} …\n`)
  const run = yield* chaosRun({
    ...options,
    folder,
    say: (line) => Console.log(`  ${new Date().toISOString().slice(11, 19)} ${line}`)
  })
  yield* Console.log("")
  for (const line of chaosTable(run)) yield* Console.log(line)
  if (sabotage !== undefined && isClean(run)) {
    yield* Console.log(`  ✗ the oracle saw nothing of what is broken: ${sabotage}`)
  }
  yield* Console.log(`\n${chaosJson(run)}`)
  if (!isClean(run)) process.exitCode = 1
}).pipe(Effect.scoped)

runCommand(program)
