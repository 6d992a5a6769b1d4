/**
 * The product, with one crash planted: `CRASH_POINT` names the point, `CRASH_STAGE` the stage (none: any) and `CRASH_AT` the
 * how-manieth time it is reached; there the process kills itself with SIGKILL, so nothing of it gets to clean up. Everything else is the real program.
 */
import { Effect, Layer } from "effect"
import { CrashPoints } from "../../src/actors/CrashPoints.ts"
import { runCommandLine } from "../../src/apps/CommandLine.ts"

const point = process.env["CRASH_POINT"]
const stage = process.env["CRASH_STAGE"] ?? ""
let left = Number(process.env["CRASH_AT"])
delete process.env["CRASH_POINT"]
delete process.env["CRASH_STAGE"]
delete process.env["CRASH_AT"]

const crash = Layer.succeed(CrashPoints, (reached, _shard, ofStage) =>
  Effect.sync(() => {
    if (reached === point && (stage === "" || stage === ofStage) && --left === 0) process.kill(process.pid, "SIGKILL")
  }))

runCommandLine(crash)
