/** A city in one process and one folder, started as a user does, without a source. */
import { Effect } from "effect"
import { join } from "node:path"
import { freePort } from "../stack/FreePort.ts"
import { roleProcess } from "../stack/RoleProcess.ts"

/** Ready when this succeeds; `nodeOptions` are words of NODE_OPTIONS. */
export const oneProcess = Effect.fnUntraced(function*(
  folder: string,
  nodeOptions: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
) {
  const port = yield* Effect.promise(freePort)
  const data = join(folder, "data")
  const city = yield* roleProcess({
    name: "city",
    env: { ...env, NODE_OPTIONS: nodeOptions.join(" ") },
    port,
    logFile: join(folder, "city.log"),
    args: ["--source", "none", "--data", data]
  })
  yield* city.ready
  return { ...city, port, data }
})
