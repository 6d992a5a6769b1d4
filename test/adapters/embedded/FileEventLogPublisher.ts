/**
 * A program to be killed: `FileEventLogPublisher.ts FOLDER`. Publishes the events 1, 2, 3 … of `FileEventLog.test.ts` from the
 * beginning, as a stage does that has committed nothing, and prints a line for each call that was acknowledged.
 */
import { Effect } from "effect"
import * as fs from "node:fs"
import * as FileEventLog from "../../../src/adapters/embedded/FileEventLog.ts"
import { cityEvent } from "../../contracts/EventLogContract.ts"

const publish = Effect.fnUntraced(function*(folder: string) {
  const log = yield* FileEventLog.make({ folder })
  for (let call = 0;; call++) {
    yield* log.publish([1, 2, 3, 4, 5].map((nth) => cityEvent(5 * call + nth)))
    fs.writeSync(1, `${5 * call + 5}\n`)
  }
}, Effect.scoped)

if (import.meta.main) await Effect.runPromise(publish(process.argv[2] ?? ""))
