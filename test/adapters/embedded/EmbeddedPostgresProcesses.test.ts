/** The embedded PostgreSQL across lives and users: killed owners, strangers, root and ordinary users, closed folders. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as EmbeddedPostgres from "../../../src/adapters/embedded/EmbeddedPostgres.ts"
import { findBinaries } from "../../../src/adapters/embedded/EmbeddedPostgresBinaries.ts"
import {
  childProgram,
  ended,
  isRoot,
  killHard,
  queryServer,
  report,
  serverFolder,
  serverProcesses,
  startChild,
  startProcess
} from "./EmbeddedPostgresForTests.ts"

const start = (folder: string) => EmbeddedPostgres.make({ folder, sync: false })

/** Somebody with a name in every Linux, and somebody with a number only, as in a container with an arbitrary user. */
const daemonUid = 1
const namelessUid = 23_456
const identity = (uid: number): ReadonlyArray<string> => [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"]

/** Whether others may enter every folder on the way to a file: a clone in /root, say, is closed to ordinary users. */
const isOpenToOthers = (path: string): boolean => {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    const { mode } = statSync(folder)
    if ((mode & (folder === path ? 0o004 : 0o001)) === 0) return false
  }
  return true
}

const others = isOpenToOthers(childProgram) && isOpenToOthers(process.execPath)
const asNobody = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "true"]
const canNameUsers = spawnSync("setpriv", [...identity(namelessUid), ...asNobody]).status === 0
const canUnshare = spawnSync("unshare", ["-n", "ip", "link", "set", "lo", "up"]).status === 0

describe("an embedded PostgreSQL whose process was killed", () => {
  it.live("is stopped by the next start, with every commit kept", () =>
    Effect.gen(function*() {
      const folder = yield* serverFolder
      const child = yield* startChild(folder, "stay")
      assert.strictEqual((yield* report(child)).rows, 1)
      yield* killHard(child)
      assert.isNotEmpty(serverProcesses(folder))

      const server = yield* start(folder)

      assert.isTrue(server.startedIn.stoppedOrphan)
      assert.deepStrictEqual(yield* queryServer(server, "SELECT value FROM kept"), [{ value: 1 }])
    }))

  it.live("while it was being initialised starts over", () =>
    Effect.gen(function*() {
      const folder = yield* serverFolder
      const child = yield* startChild(folder, "stay")
      yield* Effect.promise(async () => {
        const begun = () => readdirSync(folder).find((name) => name.startsWith("postgres.initialising"))
        while (begun() === undefined || readdirSync(join(folder, begun() ?? "")).length < 3) await sleep(1)
      })
      yield* killHard(child)
      assert.notInclude(readdirSync(folder), "postgres")

      const server = yield* start(folder)

      assert.isTrue(server.startedIn.initialised)
      assert.deepStrictEqual(yield* queryServer(server, "SELECT 1 AS one"), [{ one: 1 }])
    }))

  it.live("and whose number now belongs to a stranger leaves the stranger alone", () =>
    Effect.gen(function*() {
      const folder = yield* serverFolder
      yield* Effect.scoped(start(folder))
      const cluster = join(folder, "postgres")
      // Same user as the server, and its command line even names the cluster.
      const { gid, uid } = statSync(cluster)
      const sleeper = ["sh", "-c", "echo up; kill -STOP $$", "-D", cluster]
      const stranger = yield* isRoot
        ? startProcess("setpriv", [...identity(uid), ...sleeper], "/")
        : startProcess("sh", sleeper.slice(1), "/")
      yield* Effect.promise(() => new Promise((resolve) => stranger.stdout?.once("data", resolve)))
      writeFileSync(join(cluster, "postmaster.pid"), `${stranger.pid}\n${cluster}\n0\n5432\n\n127.0.0.1\n\n\n`)
      if (isRoot) chownSync(join(cluster, "postmaster.pid"), uid, gid)
      writeFileSync(join(folder, "postgres.owner"), `${stranger.pid} 1\n`)

      const server = yield* start(folder)

      assert.isFalse(server.startedIn.stoppedOrphan)
      assert.deepStrictEqual(yield* queryServer(server, "SELECT 1 AS one"), [{ one: 1 }])
      assert.deepStrictEqual([stranger.exitCode, stranger.signalCode], [null, null])
    }))
})

describe("the user of an embedded PostgreSQL", () => {
  // Only root has a user to choose; the other tests here run the server as whoever runs them.
  it.live.skipIf(!isRoot)("is not root, also in folders that only root may enter", () =>
    Effect.gen(function*() {
      const parent = yield* serverFolder
      chmodSync(parent, 0o700)

      const server = yield* start(join(parent, "data"))

      assert.isTrue(server.startedIn.entersClosedFolders)
      assert.isAbove(server.startedIn.uid, 0)
      assert.deepStrictEqual(yield* queryServer(server, "SELECT 1 AS one"), [{ one: 1 }])
      yield* queryServer(server, "CREATE TABLE t AS SELECT generate_series(1, 10000) AS x")
      yield* queryServer(server, "CHECKPOINT")
    }))

  // Only root has a user to choose.
  it.live.skipIf(!isRoot)(
    "is not root either where only root may enter the programs, as in a clone under /root",
    () =>
      Effect.gen(function*() {
        const parent = yield* serverFolder
        chmodSync(parent, 0o700)
        const { initdb } = yield* findBinaries
        const native = join(parent, "native")
        cpSync(dirname(dirname(initdb)), native, { recursive: true, verbatimSymlinks: true })
        // As npm leaves them under a umask of 077.
        for (const program of readdirSync(join(native, "bin"))) chmodSync(join(native, "bin", program), 0o700)
        const binaries = { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") }

        const server = yield* EmbeddedPostgres.make({ folder: join(parent, "data"), sync: false, binaries })

        assert.isTrue(server.startedIn.entersClosedFolders)
        assert.deepStrictEqual(yield* queryServer(server, "SELECT 1 AS one"), [{ one: 1 }])
        // Nothing but leave to enter: bit 1 is CAP_DAC_OVERRIDE (capabilities(7)).
        const [postmaster] = serverProcesses(join(parent, "data"))
        assert.match(readFileSync(`/proc/${postmaster}/status`, "utf8"), /^CapEff:\t0000000000000002$/m)
      })
  )

  // Needs root to become somebody else, and a project that others may read.
  it.live.skipIf(!isRoot || !others)(
    "is the ordinary user who starts it; root goes on with that user's data",
    () =>
      Effect.gen(function*() {
        const folder = join(yield* serverFolder, "data")
        mkdirSync(folder)
        chownSync(folder, daemonUid, daemonUid)
        const command = [...identity(daemonUid), process.execPath, childProgram, folder, "once"]
        const child = yield* startProcess("setpriv", command)

        const facts = yield* report(child)

        assert.strictEqual(facts.startedIn.uid, daemonUid)
        assert.strictEqual(yield* ended(child), 0)
        const server = yield* start(folder)
        assert.strictEqual(server.startedIn.uid, daemonUid)
        assert.deepStrictEqual(yield* queryServer(server, "SELECT value FROM kept"), [{ value: 1 }])
      })
  )

  // Needs root to become somebody else, a project that others may read, and user namespaces.
  it.live.skipIf(!isRoot || !others || !canNameUsers)("may have a number and no name", () =>
    Effect.gen(function*() {
      const folder = join(yield* serverFolder, "data")
      mkdirSync(folder)
      chownSync(folder, namelessUid, namelessUid)
      const command = [...identity(namelessUid), process.execPath, childProgram, folder, "once"]
      const child = yield* startProcess("setpriv", command)

      const facts = yield* report(child)

      assert.deepStrictEqual([facts.rows, facts.startedIn.uid], [1, namelessUid])
      assert.strictEqual(yield* ended(child), 0)
      assert.strictEqual(statSync(join(folder, "postgres")).uid, namelessUid)
    }))

  // Needs root to become somebody else, and a project that others may read.
  it.live.skipIf(!isRoot || !others)("is told where the data belongs to somebody else", () =>
    Effect.gen(function*() {
      const folder = yield* serverFolder
      yield* Effect.scoped(start(folder))
      chownSync(folder, daemonUid, daemonUid)
      const command = [...identity(daemonUid), process.execPath, childProgram, folder, "once"]
      const child = yield* startProcess("setpriv", command)

      const { failure } = yield* report(child)

      assert.match(failure ?? "", /belongs to user \d+ and this process runs as user 1:/)
      assert.strictEqual(yield* ended(child), 1)
    }))
})

describe("the surroundings of an embedded PostgreSQL", () => {
  // Needs leave to make a network namespace, and iproute2.
  it.live.skipIf(!canUnshare)("need no environment and no network", () =>
    Effect.gen(function*() {
      const folder = yield* serverFolder
      const inside = `ip link set lo up && exec ${process.execPath} ${childProgram} ${folder} once`
      const child = yield* startProcess("env", ["-i", "unshare", "-n", "sh", "-c", inside])

      const facts = yield* report(child)

      assert.strictEqual(facts.rows, 1)
      assert.strictEqual(yield* ended(child), 0)
    }))
})
