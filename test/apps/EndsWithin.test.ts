/** A process that is told to stop and waits for something that never comes. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"

const shard = "(shard) => ({ stage: 'sensor', shard, detail: 'waits for the store' })"
const program = (statuses: string) => `
import { Duration, Effect } from "effect"
import { endsWithin } from ${JSON.stringify(new URL("../../src/apps/EndsWithin.ts", import.meta.url).href)}
setInterval(() => undefined, 1_000)
await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  yield* Effect.addFinalizer(() => Effect.never)
  yield* endsWithin(Duration.millis(300), ${statuses})
})))
`

const ended = async (statuses: string) => {
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program(statuses)], {
    cwd: new URL("../..", import.meta.url),
    stdio: ["ignore", "ignore", "pipe"]
  })
  let said = ""
  child.stderr.on("data", (chunk: Buffer) => said += chunk.toString())
  const [code] = await once(child, "exit")
  return { code, said }
}

describe("a process that cannot stop", () => {
  it("ends all the same, and says so, and what was still at work", async () => {
    const { code, said } = await ended(`Effect.succeed([1, 2, 3, 4, 5, 6, 7].map(${shard}))`)

    assert.strictEqual(code, 1)
    assert.include(said, "did not stop within 300ms")
    assert.include(said, "Still at work: sensor shard 1 (waits for the store), sensor shard 2")
    assert.include(said, "shard 5 (waits for the store), 2 more")
  })

  it("ends also where nobody answers what is still at work", async () => {
    const { code, said } = await ended("Effect.never")

    assert.strictEqual(code, 1)
    assert.include(said, "did not stop within 300ms")
    assert.include(said, "it could not say")
  })
})
