/**
 * The database cluster on disk. Promise: a folder by its final name is complete. It is made under another name and renamed
 * as the last step, so an interrupted initialisation leaves nothing that could be taken for a database; it starts over.
 */
import { Effect, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { Binaries } from "./EmbeddedPostgresBinaries.ts"
import { EmbeddedPostgresFailed, failedAt } from "./EmbeddedPostgresFailed.ts"
import { type Finished, type RunAs, runAs } from "./EmbeddedPostgresProcess.ts"

/** Superuser and database of the embedded cluster. */
export const roleName = "vicinity"
const majorVersion = "18"
const limitMillis = 300_000
const stagingPrefix = "postgres.initialising-"

export interface ClusterPaths {
  readonly cluster: string
  /** What is being made; a new name each time, because an initdb that outlived us may still be writing to an old one. */
  readonly staging: string
  readonly password: string
}

export const clusterPaths = (folder: string): ClusterPaths => ({
  cluster: join(folder, "postgres"),
  staging: join(folder, `${stagingPrefix}${randomBytes(6).toString("hex")}`),
  password: join(folder, "postgres.password")
})

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false)

const expect = (finished: Finished, what: string): void => {
  if (finished.code === 0) return
  throw new EmbeddedPostgresFailed({
    step: "initialise",
    detail: `${what} ended with ${finished.code === null ? "no exit code" : `exit code ${finished.code}`}; ` +
      "see its last lines, and that the disk has room and the data folder is writable",
    log: finished.lines
  })
}

/** Durable before it is named: a crash leaves the old file or the new one. */
const writeSecret = async (path: string, secret: string): Promise<void> => {
  const file = await open(`${path}.new`, "w", 0o600)
  try {
    await file.writeFile(secret)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** SQL without a server: the single-user mode ends by itself at the end of its input. */
const runSingle = async (
  binaries: Binaries,
  user: RunAs,
  cluster: string,
  statement: string,
  what: string
): Promise<void> => {
  const args = ["--single", "-D", cluster, "-c", "exit_on_error=on", "postgres"]
  expect(await runAs(user, binaries.postgres, args, `${statement}\n`, limitMillis), what)
}

/** 192 bits; its letters need no quoting anywhere. */
const newPassword = (): string => randomBytes(24).toString("base64url")

const clearInterrupted = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(stagingPrefix)) continue
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => {
      // An initdb that outlived us is still writing there. It is in nobody's way; the next start clears it.
    })
  }
}

const initialise = async (binaries: Binaries, user: RunAs, paths: ClusterPaths, sync: boolean): Promise<void> => {
  await mkdir(paths.staging, { mode: 0o700 })
  const secret = newPassword()
  const secretFile = `${paths.staging}.password`
  await writeFile(secretFile, secret, { mode: 0o600 })
  if (user.how !== "self") {
    await chown(paths.staging, user.uid, user.gid)
    await chown(secretFile, user.uid, user.gid)
  }
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
  const access = ["--auth=scram-sha-256", `--pwfile=${secretFile}`, `--username=${roleName}`]
  const durable = ["--data-checksums", ...(sync ? [] : ["--no-sync"])]
  const args = ["-D", paths.staging, ...locale, ...access, ...durable, "--no-instructions"]
  try {
    expect(await runAs(user, binaries.initdb, args, "", limitMillis), "initdb")
  } finally {
    await rm(secretFile, { force: true })
  }
  await runSingle(binaries, user, paths.staging, `CREATE DATABASE ${roleName}`, "CREATE DATABASE")
  await writeSecret(paths.password, secret)
  await rename(paths.staging, paths.cluster)
  await syncFolder(dirname(paths.cluster))
}

const checkVersion = async (paths: ClusterPaths): Promise<void> => {
  const version = (await readFile(join(paths.cluster, "PG_VERSION"), "utf8")).trim()
  if (version === majorVersion) return
  throw new EmbeddedPostgresFailed({
    step: "initialise",
    detail:
      `${paths.cluster} was made by PostgreSQL ${version} and this is ${majorVersion}: dump it with the version ` +
      "that made it, or choose another data folder with --data",
    log: []
  })
}

/** Makes the cluster where there is none. Whether it did. */
export const ensureCluster = (
  binaries: Binaries,
  user: RunAs,
  paths: ClusterPaths,
  sync: boolean
): Effect.Effect<boolean, EmbeddedPostgresFailed> =>
  Effect.tryPromise({
    try: async () => {
      await clearInterrupted(dirname(paths.cluster))
      const isNew = !await exists(paths.cluster)
      if (isNew) await initialise(binaries, user, paths, sync)
      await checkVersion(paths)
      return isNew
    },
    catch: failedAt("initialise")
  })

/** The password of the role. A lost file is replaced by a new password; the server must not be running. */
export const readPassword = (
  binaries: Binaries,
  user: RunAs,
  paths: ClusterPaths
): Effect.Effect<Redacted.Redacted, EmbeddedPostgresFailed> =>
  Effect.tryPromise({
    try: async () => {
      const kept = (await readFile(paths.password, "utf8").catch(() => "")).trim()
      if (kept !== "") {
        await chmod(paths.password, 0o600)
        return Redacted.make(kept)
      }
      const secret = newPassword()
      const statement = `ALTER ROLE ${roleName} PASSWORD '${secret}'`
      await runSingle(binaries, user, paths.cluster, statement, "ALTER ROLE")
      await writeSecret(paths.password, secret)
      return Redacted.make(secret)
    },
    catch: failedAt("initialise")
  })
