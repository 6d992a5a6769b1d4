/**
 * Ends every test run with one line that people and programs can read: `N passed, N failed, N skipped`, counting test
 * cases. Promise: the line is the very last one printed, also when a file does not load (that counts as one failure), when
 * an error escapes the tests (each counts as one), or when the run is interrupted; and the exit code is 0 only if nothing
 * failed and something ran. Above it, each skipped test is named with its reason.
 */
import { writeSync } from "node:fs"
import type { Reporter, SerializedError, TestModule, TestRunEndReason, Vitest } from "vitest/node"

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const countLine = (counts: TestCounts): string =>
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`

/**
 * Errors outside a test case (import, collection, a hook of a suite) fail a suite without failing a test: each such suite
 * counts as one failure, so that the line never says `0 failed` beside a red run.
 */
export const countTests = (modules: ReadonlyArray<TestModule>, unhandled: number): TestCounts => {
  const counts = { passed: 0, failed: unhandled, skipped: 0 }
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed++
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test still pending when the run ends never ran: no result is no success.
      counts[state === "pending" ? "failed" : state]++
    }
  }
  return counts
}

/** `name — reason` of each skipped test; the reason is the note given to `context.skip`, else the name has to say it. */
const skippedTests = (modules: ReadonlyArray<TestModule>): ReadonlyArray<string> =>
  modules.flatMap((module) =>
    [...module.children.allTests("skipped")].map((test) => {
      const result = test.result()
      const note = result.state === "skipped" ? result.note : undefined
      return note === undefined ? test.fullName : `${test.fullName} — ${note}`
    })
  )

export default class TestCountReporter implements Reporter {
  private counts: TestCounts | undefined
  private filtered = false

  onInit(vitest: Vitest): void {
    this.filtered = vitest.config.testNamePattern !== undefined
    // Written when the process exits: other reporters and vitest itself still print after `onTestRunEnd`.
    process.once("exit", (code) => {
      const counts = this.counts ?? { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 }
      if (counts.failed > 0 && code === 0) process.exitCode = 1
      writeSync(1, `${countLine(counts)}\n`)
    })
  }

  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandledErrors: ReadonlyArray<SerializedError>,
    reason: TestRunEndReason
  ): void {
    const counts = countTests(modules, unhandledErrors.length)
    // Interrupted between two files: what did not run did not pass.
    const unexplained = reason !== "passed" && counts.failed === 0 ? 1 : 0
    this.counts = { ...counts, failed: counts.failed + unexplained }
    // With a name filter the reason of every skipped test is the filter.
    if (!this.filtered) { for (const line of skippedTests(modules)) process.stdout.write(`skipped: ${line}\n`) }
  }
}
