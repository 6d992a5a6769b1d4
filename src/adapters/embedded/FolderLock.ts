/**
 * One process per folder. Promise: while the scope is open no other process (and no second holder in this one) gets the
 * lock of the same folder; the operating system releases it when the process ends, however it ends, so there is no stale
 * lock to remove. Node has no file locks of its own; SQLite has, so an empty database `lock` is locked exclusively.
 * Beside it `lock.json` tells people who holds it; nothing is decided by that file. Not for network file systems.
 */
import { Effect, Schema, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"

/** Another process works in this folder. */
export class FolderLocked extends Schema.TaggedError<FolderLocked>()("FolderLocked", {
  folder: Schema.String,
  /** Process id of the holder, as far as it could be read. */
  holderPid: Schema.NullOr(Schema.Int)
}) {
  override get message(): string {
    const holder = this.holderPid === null ? "another process" : `process ${this.holderPid}`
    return `${this.folder} is in use by ${holder}: stop that one, or choose another folder`
  }
}

/** The folder cannot be made, read or written, or its lock file is something else. */
export class FolderUnusable extends Schema.TaggedError<FolderUnusable>()("FolderUnusable", {
  folder: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.folder} cannot be used: ${this.detail}`
  }
}

const sqliteBusy = 5
const sqliteNotADatabase = 26

const errcodeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "errcode" in cause ? cause.errcode : undefined

/** Makes the folder where it is missing and holds its lock until the scope closes. */
export const acquire = (folder: string): Effect.Effect<void, FolderLocked | FolderUnusable, Scope.Scope> =>
  Effect.acquireRelease(
    open(path.resolve(folder)).pipe(Effect.tap(() => Effect.sync(() => writeHolder(path.resolve(folder))))),
    (database) => Effect.sync(() => database.close())
  ).pipe(Effect.asVoid)

const open = (folder: string): Effect.Effect<DatabaseSync, FolderLocked | FolderUnusable> =>
  Effect.try({ try: () => openDatabase(folder), catch: (cause) => ({ cause }) }).pipe(
    Effect.catch(({ cause }): Effect.Effect<never, FolderLocked | FolderUnusable> =>
      errcodeOf(cause) === sqliteBusy
        ? locked(folder)
        : Effect.fail(new FolderUnusable({ folder, detail: detailOf(cause), cause }))
    )
  )

const openDatabase = (folder: string): DatabaseSync => {
  fs.mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(path.join(folder, "lock"), { timeout: 0 })
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

const detailOf = (cause: unknown): string =>
  errcodeOf(cause) === sqliteNotADatabase
    ? "its file `lock` is not a lock of Vicinity; is this the right folder?"
    : cause instanceof Error
    ? cause.message
    : String(cause)

const holderFile = (folder: string): string => path.join(folder, "lock.json")

/** For people only, so a full disk must not keep a process from starting. */
const writeHolder = (folder: string): void => {
  try {
    fs.writeFileSync(holderFile(folder), JSON.stringify({ pid: process.pid }))
  } catch {
    fs.rmSync(holderFile(folder), { force: true })
  }
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return typeof cause === "object" && cause !== null && "code" in cause && cause.code === "EPERM"
  }
}

const readHolder = (folder: string): number | null => {
  try {
    const holder: unknown = JSON.parse(fs.readFileSync(holderFile(folder), "utf8"))
    const pid = typeof holder === "object" && holder !== null && "pid" in holder ? holder.pid : null
    return typeof pid === "number" && Number.isInteger(pid) && isRunning(pid) ? pid : null
  } catch {
    return null
  }
}

/** The holder writes its name just after it has the lock: a refused one looks a few times before it says "another". */
const locked = (folder: string): Effect.Effect<never, FolderLocked> =>
  Effect.gen(function*() {
    for (let attempt = 0; attempt < 10; attempt++) {
      const holderPid = readHolder(folder)
      if (holderPid !== null) return yield* new FolderLocked({ folder, holderPid })
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
    }
    return yield* new FolderLocked({ folder, holderPid: null })
  })
