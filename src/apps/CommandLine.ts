/** The command line: `vicinity <command>`, with what its parts look up replaced by `layer` where one is given. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { CliError, Command } from "effect/cli"
import { decodeCommand } from "./DecodeCommand.ts"
import { doctorCommand } from "./DoctorCommand.ts"
import { migrateCommand } from "./MigrateCommand.ts"
import { startCommand } from "./StartCommand.ts"
import { version } from "./Version.ts"

const vicinity = Command.make("vicinity").pipe(
  Command.withDescription("A live and explained picture of a city"),
  Command.withSubcommands([startCommand, migrateCommand, doctorCommand, decodeCommand])
)

/** Failures a person can act on are one sentence; a defect is printed whole. */
const explain = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const error = Cause.squash(cause)
  // The command line has printed its help, and what was wrong, already.
  if (error instanceof CliError.ShowHelp) return Effect.void
  return Cause.hasDies(cause) || !(error instanceof Error)
    ? Console.error(Cause.pretty(cause))
    : Console.error(`\nvicinity: ${error.message}`)
}

export const runCommandLine = (layer: Layer.Layer<never> = Layer.empty): void =>
  Command.run(vicinity, { version }).pipe(
    Effect.tapCause(explain),
    Effect.provide(layer),
    Effect.provide(NodeServices.layer),
    (program) =>
      NodeRuntime.runMain(program, {
        disableErrorReporting: true,
        // Being told to stop is how a city ends: drained, it ends well.
        teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
      })
  )
