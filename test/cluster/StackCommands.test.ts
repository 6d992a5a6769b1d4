/** What somebody may mistype at `npm run stack`, `compare`, `handover` and `chaos`: one sentence, before any server is started. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const ended = ([name, ...args]: readonly [string, ...ReadonlyArray<string>]) => {
  const path = fileURLToPath(new URL(`../../stack/${name}.ts`, import.meta.url))
  return spawnSync(process.execPath, [path, ...args], { encoding: "utf8", timeout: 20_000 })
}

describe("a command of the stack", () => {
  it.each([
    [["main", "--runner", "2"], /^--runner is no option; there are --runners, /m],
    [["main", "--runners", "none"], /^--runners: "none" is not a whole number from 1 to 61$/m],
    [["main", "--port", "0"], /^--port: "0" is not a whole number from 1 to 65535$/m],
    [["main", "--nats", "newest"], /^--nats: "newest" is not one of debian, current$/m],
    [["main", "--port"], /^Option '--port <value>' argument missing$/m],
    [["main", "--", "--source", "none"], /^--source is no argument/m],
    [["compare"], /^which recording\? npm run compare -- FOLDER$/m],
    [["compare", "/nowhere/los-somewhere"], /^.*los-somewhere/m],
    [["compare", "a", "b"], /^b is one recording too many$/m],
    [["handover", "--nats", "2"], /^--nats: "2" is not one of debian, current$/m],
    [["handover", "now"], /^now is no argument/m],
    [["chaos", "--seeds", "3"], /^--seeds is no option; there are --seed, /m],
    [["chaos", "--minutes", "a few"], /^--minutes: "a few" is not a number above 0$/m],
    [["chaos", "--faults", "redis killed,rain"], /^--faults: "rain" is not one of runner killed, /m]
  ] as ReadonlyArray<readonly [readonly [string, ...ReadonlyArray<string>], RegExp]>)(
    "is refused %j with a sentence",
    (command, sentence) => {
      const { signal, status, stderr } = ended(command)

      assert.deepStrictEqual([status, signal], [1, null], stderr)
      assert.match(stderr, sentence)
      assert.notMatch(stderr, /\n {4}at /)
    }
  )
})
