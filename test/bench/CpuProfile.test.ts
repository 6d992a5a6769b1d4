/** Shares of time from the file of a profile. */
import { assert, describe, it } from "@effect/vitest"
import { profileOf } from "../../bench/CpuProfile.ts"

const frame = (id: number, functionName: string, url: string) => ({ id, callFrame: { functionName, url } })

describe("a profile", () => {
  it("gives each folder and function its share of the time that was not idle", () => {
    const profile = profileOf("a run", {
      nodes: [
        frame(1, "(idle)", ""),
        frame(2, "(garbage collector)", ""),
        frame(3, "seal", "file:///city/src/analytics/Panes.ts"),
        frame(4, "write", "file:///city/node_modules/pg/lib/a.js"),
        frame(5, "commit", "file:///city/src/adapters/postgres/Store.ts")
      ],
      samples: [1, 2, 3, 3, 4, 5],
      // The time of a sample ends with the next one.
      timeDeltas: [0, 1_000, 100, 300, 300, 200, 100]
    })

    assert.deepStrictEqual(profile, {
      name: "a run",
      busySeconds: 0.001,
      folders: ["analytics 60 %", "pg 20 %", "garbage collection 10 %", "adapters/postgres 10 %"],
      functions: ["Panes.seal 60 %", "a.write 20 %", "Store.commit 10 %"]
    })
  })
})
