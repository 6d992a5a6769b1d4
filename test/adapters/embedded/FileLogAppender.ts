/**
 * A program to be killed: `FileLogAppender.ts FOLDER ROUND [GROUPS]`. Six fibers append without end and print a line for
 * each acknowledged record, `shard sequence text`, before they append the next. With GROUPS it kills itself after that many
 * groups, between the sync and the acknowledgement.
 */
import { Effect } from "effect"
import * as fs from "node:fs"
import * as FileLog from "../../../src/adapters/embedded/FileLog.ts"
import { smallOptions } from "./FileLogFolders.ts"

/** Text of a record, told by its first words: so a reader knows what the rest must be. */
export const recordText = (round: number, fiber: number, nth: number): string => {
  const head = `${round} ${fiber} ${nth} `
  return head.padEnd(head.length + (round * 977 + fiber * 131 + nth * 7919) % 3000, head)
}

const append = Effect.fnUntraced(function*(folder: string, round: number, groupsMax: number) {
  let groups = 0
  const log = yield* FileLog.make({
    ...smallOptions(folder),
    segmentBytes: 128 * 1024,
    limitBytes: 256 * 1024 * 1024,
    afterAppend: Effect.sync(() => {
      if (++groups === groupsMax) process.kill(process.pid, "SIGKILL")
    })
  })
  yield* Effect.forEach([0, 1, 2, 3, 4, 5], (fiber) =>
    Effect.gen(function*() {
      for (let nth = 0;; nth++) {
        const shard = (fiber + nth) % 5 + 1
        const payload = new TextEncoder().encode(recordText(round, fiber, nth))
        const [sequence] = yield* log.append([{ shard, payload }])
        fs.writeSync(1, `${shard} ${sequence} ${round} ${fiber} ${nth}\n`)
      }
    }), { concurrency: "unbounded" })
})

if (import.meta.main) {
  const [folder = "", round = "0", groups = "0"] = process.argv.slice(2)
  await Effect.runPromise(Effect.scoped(append(folder, Number(round), Number(groups))))
}
