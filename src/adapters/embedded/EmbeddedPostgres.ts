/**
 * A real PostgreSQL in the data folder, for the embedded profile. Promises: initialised once and whole; durable; reachable
 * on 127.0.0.1 only and with a random password; started by root or by an ordinary user, without a network and with an empty
 * environment; what an earlier life left running is stopped first, what belongs to a living process is never touched;
 * stopped and gone when the scope closes.
 */
import { Clock, Effect, type Redacted, type Scope } from "effect"
import { mkdir, realpath } from "node:fs/promises"
import { join, resolve } from "node:path"
import { type Binaries, findBinaries } from "./EmbeddedPostgresBinaries.ts"
import { clusterPaths, ensureCluster, readPassword, roleName } from "./EmbeddedPostgresCluster.ts"
import { type EmbeddedPostgresFailed, failedAt } from "./EmbeddedPostgresFailed.ts"
import { EmbeddedPostgresLog } from "./EmbeddedPostgresLog.ts"
import { lockFolder, stopOrphan } from "./EmbeddedPostgresOrphan.ts"
import { host, startServer } from "./EmbeddedPostgresServer.ts"
import { chooseUser } from "./EmbeddedPostgresUser.ts"

export interface EmbeddedPostgresOptions {
  /** The data folder; the cluster is `postgres` in it. */
  readonly folder: string
  /** False gives up durability for speed: for tests only. */
  readonly sync?: boolean | undefined
  /** PostgreSQL 18 elsewhere than where npm put it. */
  readonly binaries?: Binaries | undefined
  /** Default: one that is free. */
  readonly port?: number | undefined
  /** Server settings on top of ours. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** For the start report. */
export interface StartFacts {
  readonly initialised: boolean
  readonly initialiseMillis: number
  /** Including the stop of an orphan. */
  readonly startMillis: number
  readonly stoppedOrphan: boolean
  /** User the server runs as. */
  readonly uid: number
  /** The server was given leave to enter folders that are closed to its user. */
  readonly entersClosedFolders: boolean
}

export interface EmbeddedPostgres {
  readonly host: "127.0.0.1"
  readonly port: number
  readonly username: string
  readonly password: Redacted.Redacted
  readonly database: string
  readonly logFile: string
  readonly startedIn: StartFacts
  /** How often the server was started again after it had ended by itself. */
  readonly restarts: Effect.Effect<number>
}

export const make = Effect.fnUntraced(function*(
  options: EmbeddedPostgresOptions
): Effect.fn.Return<EmbeddedPostgres, EmbeddedPostgresFailed, Scope.Scope> {
  const sync = options.sync ?? true
  const folder = yield* Effect.tryPromise({
    try: async () => {
      await mkdir(resolve(options.folder), { recursive: true })
      return realpath(options.folder)
    },
    catch: failedAt("find")
  })
  yield* lockFolder(folder)
  const binaries = options.binaries ?? (yield* findBinaries)
  const paths = clusterPaths(folder)
  const user = yield* chooseUser(binaries, folder, paths.cluster)

  const begun = yield* Clock.currentTimeMillis
  const initialised = yield* ensureCluster(binaries, user, paths, sync)
  const ready = yield* Clock.currentTimeMillis
  const stoppedOrphan = yield* stopOrphan(paths.cluster)
  const password = yield* readPassword(binaries, user, paths)
  const logFile = join(folder, "postgres.log")
  const server = yield* startServer({
    binaries,
    user,
    cluster: paths.cluster,
    log: new EmbeddedPostgresLog(logFile),
    sync,
    port: options.port,
    settings: options.settings ?? {}
  })
  const started = yield* Clock.currentTimeMillis
  return {
    host,
    port: server.port,
    username: roleName,
    password,
    database: roleName,
    logFile,
    startedIn: {
      initialised,
      initialiseMillis: ready - begun,
      startMillis: started - ready,
      stoppedOrphan,
      uid: user.uid,
      entersClosedFolders: user.how === "setpriv"
    },
    restarts: server.restarts
  }
})
