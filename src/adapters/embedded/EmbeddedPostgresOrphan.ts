/**
 * What an earlier life left behind. A SIGKILL of our process leaves its server running; the next start stops it, so that
 * the log folder, the shards and the database always have the same owner. Promises: a server whose owner still lives is
 * never touched; a process that only happens to have the number in a stale pid file is never signalled.
 */
import { Effect, type Scope } from "effect"
import { readdir, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { EmbeddedPostgresFailed, failedAt } from "./EmbeddedPostgresFailed.ts"

/** When a process started, in clock ticks since boot: with its number it names a process for ever. */
const startedAt = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)
  // proc(5): the name in parentheses may contain anything; field 22 is the 20th after it. State Z is a process that ended.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19]
}

const lockFile = (folder: string): string => join(folder, "postgres.owner")

const lock = async (folder: string): Promise<void> => {
  const mine = `${process.pid} ${await startedAt(process.pid) ?? ""}\n`
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(lockFile(folder), mine, { flag: "wx", mode: 0o644 })
      return
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause
    }
    const [pid = "", started = ""] = (await readFile(lockFile(folder), "utf8").catch(() => "")).trim().split(" ")
    if (started !== "" && await startedAt(Number(pid)) === started) {
      throw new EmbeddedPostgresFailed({
        step: "lock",
        detail: `process ${pid} is using ${folder}: stop it first, or choose another data folder with --data`,
        log: []
      })
    }
    await rm(lockFile(folder), { force: true })
  }
  throw new EmbeddedPostgresFailed({ step: "lock", detail: `another process is starting in ${folder}`, log: [] })
}

/** Held until the scope closes, or until this process is gone. */
export const lockFolder = (folder: string): Effect.Effect<void, EmbeddedPostgresFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: () => lock(folder), catch: failedAt("lock") }),
    () => Effect.promise(() => rm(lockFile(folder), { force: true }))
  )

/** Server processes work in their data folder: all of them, the postmaster first where it lives. */
const processesIn = async (cluster: string): Promise<ReadonlyArray<number>> => {
  const numbers = (await readdir("/proc")).map(Number).filter((pid) => pid > 0 && pid !== process.pid)
  const here = await Promise.all(
    numbers.map((pid) => readlink(`/proc/${pid}/cwd`).then((folder) => folder === cluster, () => false))
  )
  return numbers.filter((_, index) => here[index] === true)
}

const commandLine = (pid: number): Promise<ReadonlyArray<string>> =>
  readFile(`/proc/${pid}/cmdline`, "utf8").then((text) => text.split("\0"), () => [])

const postmasterPid = async (cluster: string): Promise<number | undefined> => {
  const pid = Number((await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "")).split("\n")[0])
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  return (await commandLine(pid)).includes(cluster) && (await processesIn(cluster)).includes(pid) ? pid : undefined
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It ended meanwhile: what was wanted.
  }
}

const waitUntilEmpty = async (cluster: string, millis: number): Promise<boolean> => {
  for (let waited = 0; waited < millis; waited += 50) {
    if ((await processesIn(cluster)).length === 0) return true
    await sleep(50)
  }
  return false
}

const stop = async (folder: string): Promise<boolean> => {
  const cluster = await realpath(folder)
  const pid = await postmasterPid(cluster)
  if (pid !== undefined) {
    // Fast, then immediate (the next start recovers from the write-ahead log), then by force.
    for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
      signal(pid, name)
      if (await waitUntilEmpty(cluster, 10_000)) break
    }
  }
  // Children of a postmaster that was killed end by themselves; the data must not be opened before.
  if (!await waitUntilEmpty(cluster, 10_000)) {
    throw new EmbeddedPostgresFailed({
      step: "orphan",
      detail: `processes ${
        (await processesIn(cluster)).join(", ")
      } still work in ${cluster}: stop them, then start again`,
      log: []
    })
  }
  // Stale now. Left there, the server would refuse to start if its number belongs to a stranger of the same user.
  await rm(join(cluster, "postmaster.pid"), { force: true })
  return pid !== undefined
}

/** Stops a server that an earlier life left running on this cluster. Whether there was one. */
export const stopOrphan = (cluster: string): Effect.Effect<boolean, EmbeddedPostgresFailed> =>
  Effect.tryPromise({ try: () => stop(cluster), catch: failedAt("orphan") })
