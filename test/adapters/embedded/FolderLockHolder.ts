/** A program that takes the lock of a folder, says so, and waits to be killed: `FolderLockHolder.ts FOLDER`. */
import { Effect } from "effect"
import * as FolderLock from "../../../src/adapters/embedded/FolderLock.ts"

await Effect.runPromise(
  FolderLock.acquire(process.argv[2] ?? "").pipe(
    Effect.andThen(Effect.sync(() => process.stdout.write("locked\n"))),
    Effect.andThen(Effect.sleep("5 minutes")),
    Effect.catch((refusal) => Effect.sync(() => process.stdout.write(`${refusal._tag}: ${refusal.message}\n`))),
    Effect.scoped
  )
)
