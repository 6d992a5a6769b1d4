/** Processes around an embedded PostgreSQL, and what the tests look at from outside. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { EmbeddedPostgres } from "../../../src/adapters/embedded/EmbeddedPostgres.ts"
import * as PostgresClient from "../../../src/adapters/postgres/PostgresClient.ts"
import { temporaryFolder } from "../../PostgresForTests.ts"

export const childProgram = fileURLToPath(new URL("StartPostgres.ts", import.meta.url))

export interface Report {
  readonly port: number
  readonly rows: number
  readonly startedIn: EmbeddedPostgres["startedIn"]
  readonly failure?: string
}

/** A process that is killed at the latest when the scope closes. */
export const startProcess = (command: string, args: ReadonlyArray<string>, cwd?: string) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(command, args, { env: {}, stdio: ["ignore", "pipe", "inherit"], ...(cwd && { cwd }) })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

export const startChild = (folder: string, mode: "once" | "stay") =>
  startProcess(process.execPath, [childProgram, folder, mode])

/** The first line a child prints. */
export const report = (child: ChildProcess): Effect.Effect<Report> =>
  Effect.promise(async () => {
    if (child.stdout === null) throw new Error("the child has no output")
    for await (const line of createInterface({ input: child.stdout })) {
      const parsed: Report = JSON.parse(line)
      return parsed
    }
    throw new Error("the child ended without a line")
  })

export const ended = (child: ChildProcess): Effect.Effect<number | null> =>
  Effect.promise(async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    return child.exitCode
  })

export const killHard = (child: ChildProcess): Effect.Effect<void> =>
  Effect.suspend(() => {
    child.kill("SIGKILL")
    return Effect.asVoid(ended(child))
  })

/** Processes that work in the cluster of a folder. */
export const serverProcesses = (folder: string): ReadonlyArray<number> => {
  const cluster = join(realpathSync(folder), "postgres")
  return readdirSync("/proc").map(Number).filter((pid) => {
    if (!(pid > 0)) return false
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === cluster && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")
    } catch {
      // It ended while we looked, or is another user's.
      return false
    }
  })
}

/** A temp folder in which (or in whose folder `data`) no server is left when the scope closes, also of a killed child. */
export const serverFolder = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      const clusters = [folder, join(folder, "data")].filter((path) => existsSync(path))
      for (const pid of clusters.flatMap(serverProcesses)) process.kill(pid, "SIGKILL")
    })
  )
  return folder
})

export const queryServer = (server: PostgresClient.PostgresAddress, statement: string) =>
  Effect.provide(
    Effect.flatMap(PgClient, (sql) => sql.unsafe<Record<string, unknown>>(statement)),
    PostgresClient.layer({ server, maxConnections: 1 })
  )

export const isRoot = process.geteuid?.() === 0
