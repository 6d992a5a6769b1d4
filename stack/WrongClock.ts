/** A process whose wall clock can be set while it runs (`ShiftedClock.ts`); after a restart it is still as wrong. */
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import type { RoleProcess } from "./RoleProcess.ts"

const fileOf = (logFile: string): string => `${logFile}.clock`

/** For `RoleProcess`, whose clock is right at first. */
export const clockArgs = (logFile: string): ReadonlyArray<string> => {
  writeFileSync(fileOf(logFile), "0")
  const module = new URL("ShiftedClock.ts", import.meta.url)
  module.searchParams.set("file", fileOf(logFile))
  return ["--import", module.href]
}

/** Milliseconds that it is ahead of the machine's; 0: it is right again. */
export const setClock = ({ logFile, signal }: Pick<RoleProcess, "logFile" | "signal">, aheadMillis: number) =>
  Effect.andThen(Effect.sync(() => writeFileSync(fileOf(logFile), String(aheadMillis))), signal("SIGUSR2"))
