/**
 * As whom PostgreSQL runs. It refuses to run as root, so root hands it to the owner of the data, or to `nobody`. Where that
 * user may not enter the folders of the programs or the data (a clone under /root, a folder of `mktemp -d`), the server gets
 * the one capability that lets it (`CAP_DAC_OVERRIDE`, by util-linux `setpriv`); it is still no root.
 */
import { Effect } from "effect"
import { readFile, realpath, stat } from "node:fs/promises"
import { userInfo } from "node:os"
import { dirname } from "node:path"
import type { Binaries } from "./EmbeddedPostgresBinaries.ts"
import { EmbeddedPostgresFailed, failedAt } from "./EmbeddedPostgresFailed.ts"
import { type RunAs, runAs } from "./EmbeddedPostgresProcess.ts"

const nobodyId = 65_534

/** Lines of /etc/passwd as fields: name, password, user, group, … */
const passwd = async (): Promise<ReadonlyArray<ReadonlyArray<string>>> =>
  (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n").map((line) => line.split(":"))

const nobody = async (): Promise<{ readonly uid: number; readonly gid: number }> => {
  const fields = (await passwd()).find(([name]) => name === "nobody") ?? []
  const uid = Number(fields[2] ?? nobodyId)
  const gid = Number(fields[3] ?? nobodyId)
  return { uid: uid > 0 ? uid : nobodyId, gid: gid > 0 ? gid : nobodyId }
}

const ownerOf = (path: string): Promise<{ readonly uid: number; readonly gid: number } | undefined> =>
  stat(path).then(({ gid, uid }) => ({ uid, gid }), () => undefined)

/** The first folder on the way to `path` that the user may not enter. */
const closedFolder = async (path: string, uid: number, gid: number): Promise<string | undefined> => {
  for (let folder = await realpath(path);; folder = dirname(folder)) {
    const { gid: group, mode, uid: owner } = await stat(folder)
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return folder
    if (folder === dirname(folder)) return undefined
  }
}

const ownName = (): string | undefined => {
  try {
    return userInfo().username
  } catch {
    // It has none: what the caller asks about.
    return undefined
  }
}

const works = async (user: RunAs, binaries: Binaries): Promise<boolean> =>
  (await runAs(user, binaries.postgres, ["--version"], "", 30_000)).code === 0

const choose = async (binaries: Binaries, folder: string, cluster: string): Promise<RunAs> => {
  const owner = await ownerOf(cluster)
  const uid = process.geteuid?.() ?? 0
  if (uid !== 0) {
    if (owner !== undefined && owner.uid !== uid) {
      throw new EmbeddedPostgresFailed({
        step: "user",
        detail: `${cluster} belongs to user ${owner.uid} and this process runs as user ${uid}: start it as that user ` +
          "or as root, or choose another data folder with --data",
        log: []
      })
    }
    const self: RunAs = { uid, gid: process.getegid?.() ?? uid, how: "self", nameless: ownName() === undefined }
    if (!self.nameless || await works(self, binaries)) return self
    throw new EmbeddedPostgresFailed({
      step: "user",
      detail:
        `user ${uid} has no name, which initdb insists on, and may not make a user namespace: add a line for it ` +
        "to /etc/passwd, or start as a user who has one",
      log: []
    })
  }
  const target = owner !== undefined && owner.uid !== 0 ? owner : await nobody()
  const nameless = !(await passwd()).some((fields) => Number(fields[2]) === target.uid && fields[0] !== "")
  const closed = await closedFolder(folder, target.uid, target.gid)
  const setuid: RunAs = { ...target, how: "setuid", nameless }
  if (closed === undefined && await works(setuid, binaries)) return setuid
  const setpriv: RunAs = { ...target, how: "setpriv", nameless }
  if (await works(setpriv, binaries)) return setpriv
  throw new EmbeddedPostgresFailed({
    step: "user",
    detail: `PostgreSQL refuses to run as root, and user ${target.uid} may not enter ${closed ?? binaries.postgres}: ` +
      "start as an ordinary user, or keep project and data folder where others may enter (chmod o+x), or install " +
      "util-linux (setpriv) and allow the capability DAC_OVERRIDE",
    log: []
  })
}

/** `folder` exists; `cluster` may not exist yet. */
export const chooseUser = (
  binaries: Binaries,
  folder: string,
  cluster: string
): Effect.Effect<RunAs, EmbeddedPostgresFailed> =>
  Effect.tryPromise({ try: () => choose(binaries, folder, cluster), catch: failedAt("user") })
