/**
 * What the commands of this folder have in common. Promises: an option that is unknown or malformed ends a command with a sentence before
 * anything is started; so does what a person can do something about later on.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs, type ParseArgsConfig } from "node:util"
import { shardCount } from "../src/schemas/Shards.ts"
import type { NatsVersion } from "./NatsServer.ts"

export const refuse = (sentence: string): never => {
  console.error(`\n${sentence}`)
  process.exit(1)
}

/** Of `parseArgs`, said in our words. */
const sentenceOf = (error: unknown, { options = {} }: ParseArgsConfig): string => {
  const said = error instanceof Error ? error.message : String(error)
  const unknown = /^Unknown option '(-[^']+)'/.exec(said)?.[1]
  const all = Object.keys(options).map((name) => `--${name}`).join(", ")
  if (unknown !== undefined) return `${unknown} is no option; there are ${all}`
  const argument = /^Unexpected argument '([^']+)'/.exec(said)?.[1]
  return argument === undefined ? said : `${argument} is no argument; there are ${all}`
}

/** As `parseArgs`. */
export const commandLine = <const Config extends ParseArgsConfig>(
  config: Config
): ReturnType<typeof parseArgs<Config>> => {
  try {
    return parseArgs(config)
  } catch (error) {
    return refuse(sentenceOf(error, config))
  }
}

export const oneOf = <const Choice extends string>(
  option: string,
  value: string,
  choices: ReadonlyArray<Choice>
): Choice =>
  choices.find((choice) => choice === value) ?? refuse(`--${option}: "${value}" is not one of ${choices.join(", ")}`)

export const wholeNumber = (option: string, value: string, least: number, most = Infinity): number => {
  const n = value.trim() === "" ? NaN : Number(value)
  const range = most === Infinity ? `${least} on` : `${least} to ${most}`
  return Number.isSafeInteger(n) && n >= least && n <= most
    ? n
    : refuse(`--${option}: "${value}" is not a whole number from ${range}`)
}

export const aboveZero = (option: string, value: string): number => {
  const n = Number(value)
  return n > 0 && n < Infinity ? n : refuse(`--${option}: "${value}" is not a number above 0`)
}

/** More of them than shards would hold none. */
export const runnersOf = (value: string): number => wholeNumber("runners", value, 1, shardCount)

export const natsVersionOf = (value: string): NatsVersion =>
  oneOf("nats", value, ["debian", "current"]) === "current" ? "nats-server-current" : "nats-server"

/** A folder that goes with the scope, unless it is kept. The database runs as a user of its own, who has to enter it. */
export const folderOf = (command: string, isKept = false) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), `vicinity-${command}-`))
      chmodSync(folder, 0o755)
      return folder
    }),
    (folder) => Effect.sync(() => isKept ? undefined : rmSync(folder, { recursive: true, force: true }))
  )

/** A failure is a sentence; a defect is printed whole. */
export const runCommand = <E>(program: Effect.Effect<unknown, E>): void => {
  const explain = (cause: Cause.Cause<E>): Effect.Effect<void> => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.void
    const error = Cause.squash(cause)
    return Console.error(
      Cause.hasDies(cause) || !(error instanceof Error) ? Cause.pretty(cause) : `\n${error.message}`
    )
  }
  NodeRuntime.runMain(Effect.tapCause(program, explain), { disableErrorReporting: true })
}
