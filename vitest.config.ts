/**
 * How the tests run. Projects run one after the other, cheap ones first, with at most two files at a time, because the
 * later ones start servers and processes of their own. `vitest run --project unit test/schemas` runs a part.
 */
import { defineConfig } from "vitest/config"
import TestCountReporter from "./test/TestCountReporter.ts"

const project = (name: string, include: ReadonlyArray<string>, seconds: number, order: number) => ({
  extends: true as const,
  test: {
    name,
    include: [...include],
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
    sequence: { groupOrder: order }
  }
})

export default defineConfig({
  test: {
    watch: false,
    // What a city prints is shown for failed tests only.
    silent: "passed-only",
    pool: "forks",
    maxWorkers: 2,
    // Tests of a server wait for it to stop; more than this means that one does not.
    teardownTimeout: 30_000,
    reporters: ["default", new TestCountReporter()],
    projects: [
      project("unit", ["test/{schemas,analytics,ingest,http,actors,house,apps,dashboard,bench}/**/*.test.ts"], 20, 0),
      project("contracts", ["test/{contracts,adapters}/**/*.test.ts"], 120, 1),
      project("scenarios", ["test/scenarios/**/*.test.ts"], 120, 2),
      project("cluster", ["test/cluster/**/*.test.ts"], 300, 3),
      // Needs Chromium: the one of CHROMIUM, of the path or of Debian; without it these are skipped and say so.
      project("browser", ["test/browser/**/*.test.ts"], 120, 4)
    ]
  }
})
