/** The last line of a run is true, whatever went wrong: real runs of vitest over small files. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "./SourceFiles.ts"

let folder = ""

/** Exit code, last line and whole output of a run over one file, stopped by `interrupt` when it prints that. */
const run = (text: string, interrupt?: string) =>
  new Promise<{ readonly code: number | null; readonly last: string; readonly output: string }>((resolve) => {
    writeFileSync(join(folder, "sample.test.js"), text)
    const vitest = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run"], { cwd: folder })
    let output = ""
    let interrupted = false
    const hear = (chunk: Buffer) => {
      output += chunk.toString()
      if (!interrupted && interrupt !== undefined && output.includes(interrupt)) interrupted = vitest.kill("SIGINT")
    }
    vitest.stdout.on("data", hear)
    vitest.stderr.on("data", hear)
    vitest.on("close", (code) => resolve({ code, last: output.trimEnd().split("\n").at(-1) ?? "", output }))
  })

describe("last line of a test run", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vicinity-test-count-"))
    const reporter = JSON.stringify(pathToFileURL(join(root, "test/TestCountReporter.ts")).href)
    writeFileSync(
      join(folder, "vitest.config.mjs"),
      `import Reporter from ${reporter}
export default { test: { globals: true, pool: "forks", reporters: ["default", new Reporter()] } }`
    )
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("counts test cases and gives the reason of a skipped one", async () => {
    const { code, last, output } = await run(`
      it("a", () => {})
      describe("deep", () => it("b", () => {}))
      it("c", (context) => context.skip("no recorded data"))
      it.skip("d (no recorded data)", () => {})`)

    assert.strictEqual(last, "2 passed, 0 failed, 2 skipped")
    assert.strictEqual(code, 0)
    assert.include(output, "skipped: c — no recorded data")
    assert.include(output, "skipped: d (no recorded data)")
  })

  it("counts a failed test", async () => {
    const { code, last } = await run(`it("a", () => {}); it("b", () => { throw new Error("b") })`)

    assert.strictEqual(last, "1 passed, 1 failed, 0 skipped")
    assert.strictEqual(code, 1)
  })

  it("counts a file that does not load as a failure", async () => {
    const { code, last } = await run(`import "./absent.js"; it("a", () => {})`)

    assert.strictEqual(last, "0 passed, 1 failed, 0 skipped")
    assert.strictEqual(code, 1)
  })

  it("counts a failing hook and an error outside every test", async () => {
    const { code, last } = await run(`
      describe("a", () => { beforeAll(() => { throw new Error("hook") }); it("b", () => {}) })
      it("c", async () => { setTimeout(() => { throw new Error("stray") }); await new Promise((r) => setTimeout(r, 50)) })`)

    assert.strictEqual(last, "1 passed, 2 failed, 1 skipped")
    assert.strictEqual(code, 1)
  })

  it("counts a file whose process dies", async () => {
    const { code, last } = await run(
      `it("a", () => { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}) })`
    )

    assert.match(last, /^0 passed, [1-9]\d* failed, 0 skipped$/)
    assert.strictEqual(code, 1)
  })

  it("fails a run in which nothing ran, and an interrupted one", async () => {
    const none = await run("")
    const interrupted = await run(`it("a", () => { console.log("here"); return new Promise(() => {}) }, 60000)`, "here")

    assert.strictEqual(none.last, "0 passed, 1 failed, 0 skipped")
    assert.strictEqual(none.code, 1)
    assert.match(interrupted.last, /^0 passed, [1-9]\d* failed, 0 skipped$/)
    assert.notStrictEqual(interrupted.code, 0)
  })
})
