/**
 * The PostgreSQL of Debian's packages, in a temp folder of its own: as a rule an older one than ours, and configured as it comes. Who
 * uses it says so where it is not there.
 */
import { Effect, Layer, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { chownSync, existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import * as PostgresClient from "../src/adapters/postgres/PostgresClient.ts"
import * as PostgresServer from "../src/adapters/postgres/PostgresServer.ts"
import { freePort } from "../stack/FreePort.ts"
import { serverProcess } from "../stack/ServerProcess.ts"
import { DatabasesForTests, databasesOn, temporaryFolder } from "./PostgresForTests.ts"

const packages = "/usr/lib/postgresql"
const oldest = 15

/** Folder of the programs of the oldest one that is supported. */
const programs = existsSync(packages)
  ? readdirSync(packages)
    .filter((version) => Number(version) >= oldest && existsSync(join(packages, version, "bin", "initdb")))
    .sort((a, b) => Number(a) - Number(b))
    .map((version) => join(packages, version, "bin"))[0]
  : undefined

export const hasDebianPostgres = programs !== undefined
export const debianPostgresNeeded = "needs the package postgresql of Debian"

/** PostgreSQL refuses to run as root. */
const ordinaryUser = 65_534
const asOrdinary = (program: string, args: ReadonlyArray<string>): [string, ReadonlyArray<string>] =>
  process.getuid?.() === 0
    ? ["setpriv", [`--reuid=${ordinaryUser}`, `--regid=${ordinaryUser}`, "--clear-groups", "--", program, ...args]]
    : [program, args]

const start = Effect.gen(function*() {
  const folder = yield* temporaryFolder
  if (process.getuid?.() === 0) chownSync(folder, ordinaryUser, ordinaryUser)
  const data = join(folder, "data")
  const locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--username=vicinity", "--no-sync"]
  const [initdb, initArgs] = asOrdinary(join(programs ?? "", "initdb"), ["--pgdata", data, ...locale])
  execFileSync(initdb, initArgs, { stdio: "ignore", cwd: "/" })
  const port = yield* Effect.promise(freePort)
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
  const [path, args] = asOrdinary(join(programs ?? "", "postgres"), [
    "-D",
    data,
    "-p",
    String(port),
    ...settings.flatMap((setting) => ["-c", setting])
  ])
  yield* serverProcess({ binary: { path, env: {} }, args, port, logFile: join(folder, "postgres.log") })
  const server = { host: "127.0.0.1", port, username: "vicinity", password: Redacted.make(""), database: "postgres" }
  // It accepts connections before it is ready for them.
  yield* PostgresServer.check.pipe(Effect.provide(PostgresClient.layer({ server })))
  return yield* databasesOn(server)
})

export const debianDatabases: Layer.Layer<DatabasesForTests> = Layer.effect(
  DatabasesForTests,
  Effect.orDie(Effect.map(start, DatabasesForTests.of))
)
