/** The import rule holds for all of `src`, and the checker sees what it must see. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { importProblem, importsOf, importViolations } from "./ImportRule.ts"
import { root, sources } from "./SourceFiles.ts"

/** From, import: each breaks the rule. */
const bad: ReadonlyArray<readonly [from: string, specifier: string]> = [
  ["src/schemas/Window.ts", "../ports/ShardStore.ts"],
  ["src/schemas/Window.ts", "../analytics/Summary.ts"],
  ["src/schemas/Window.ts", "node:crypto"],
  ["src/analytics/Summary.ts", "../ports/ShardStore.ts"],
  ["src/analytics/Summary.ts", "@effect/sql-pg/PgClient"],
  ["src/ports/ShardStore.ts", "../actors/ShardProcessor.ts"],
  ["src/ports/ShardStore.ts", "../adapters/embedded/FileLog.ts"],
  ["src/ingest/Replay.ts", "../actors/SensorProtocol.ts"],
  ["src/ingest/Replay.ts", "../adapters/embedded/FileLog.ts"],
  ["src/ingest/Replay.ts", "node:fs"],
  ["src/actors/ShardProcessor.ts", "../ingest/Door.ts"],
  ["src/actors/ShardProcessor.ts", "../adapters/postgres/PostgresShardStore.ts"],
  ["src/actors/ShardProcessor.ts", "../apps/Settings.ts"],
  ["src/http/SensorHandlers.ts", "../actors/ShardProcessor.ts"],
  ["src/http/SensorHandlers.ts", "../ingest/Replay.ts"],
  ["src/http/SensorHandlers.ts", "../analytics/Summary.ts"],
  ["src/http/SensorHandlers.ts", "../adapters/postgres/PostgresShardStore.ts"],
  ["src/http/SensorHandlers.ts", "@effect/platform-node/NodeHttpServer"],
  ["src/adapters/embedded/FileLog.ts", "../postgres/PostgresShardStore.ts"],
  ["src/adapters/embedded/FileLog.ts", "../../ingest/Door.ts"],
  ["src/adapters/postgres/PostgresShardStore.ts", "../../actors/ShardProcessor.ts"],
  ["src/adapters/postgres/PostgresShardStore.ts", "../../apps/Settings.ts"]
]

const good: ReadonlyArray<readonly [from: string, specifier: string]> = [
  ["src/schemas/Window.ts", "./Quantities.ts"],
  ["src/schemas/Window.ts", "effect"],
  ["src/analytics/Summary.ts", "../schemas/Window.ts"],
  ["src/ingest/Replay.ts", "../ports/ShardedLog.ts"],
  ["src/actors/SensorProtocol.ts", "effect/cluster"],
  ["src/http/SensorHandlers.ts", "../actors/SensorProtocol.ts"],
  ["src/http/SensorHandlers.ts", "../ingest/Door.ts"],
  ["src/http/SensorHandlers.ts", "../ingest/ObservationItems.ts"],
  ["src/adapters/embedded/FileLog.ts", "node:fs"],
  ["src/adapters/embedded/FileLog.ts", "./Segment.ts"],
  ["src/adapters/postgres/PostgresShardStore.ts", "../../ports/ShardStore.ts"],
  ["src/apps/Embedded.ts", "../adapters/embedded/FileLog.ts"]
]

const specifiers = (text: string) => importsOf({ path: "src/x/Y.ts", text }).map(({ specifier }) => specifier)

describe("import rule", () => {
  it("holds for every import in src", () => {
    const files = sources()

    const violations = importViolations(files)

    assert.isAbove(files.flatMap(importsOf).length, 10, "the checker sees imports at all")
    assert.deepStrictEqual(violations, [])
  })

  it.each(bad)("refuses in %s an import of %s", (from, specifier) => {
    assert.isString(importProblem(from, specifier))
  })

  it.each(good)("allows in %s an import of %s", (from, specifier) => {
    assert.isUndefined(importProblem(from, specifier))
  })

  it("refuses a client library, a built-in without its prefix, and a package that only starts like effect", () => {
    for (const specifier of ["pg", "fs", "fs/promises", "effect-http", "@effect/platform-node"]) {
      assert.isString(importProblem("src/actors/SensorStage.ts", specifier), specifier)
    }
  })

  it("refuses a folder without a rule, a file beside the folders and what lies outside src", () => {
    assert.include(importProblem("src/helpers/Strings.ts", "effect"), "no import rule")
    assert.include(importProblem("src/Main.ts", "effect"), "no import rule")
    assert.include(importProblem("src/actors/SensorStage.ts", "../../test/house/SourceFiles.ts"), "outside src")
    assert.include(importProblem("src/constructor/Strings.ts", "effect"), "no import rule")
  })

  it("is not fooled by a path that goes up and down again", () => {
    assert.isString(importProblem("src/actors/SensorStage.ts", "./../actors/../adapters/embedded/FileLog.ts"))
    assert.isString(importProblem("src/http/SensorHandlers.ts", "../actors/deep/ShardProcessor.ts"))
  })

  it("sees every way to name a module", () => {
    assert.deepStrictEqual(specifiers(`import { a } from "a"`), ["a"])
    assert.deepStrictEqual(specifiers(`import type { A } from "b"`), ["b"])
    assert.deepStrictEqual(specifiers(`import "c"`), ["c"])
    assert.deepStrictEqual(specifiers(`export * from "d"`), ["d"])
    assert.deepStrictEqual(specifiers(`export { e } from "e"`), ["e"])
    assert.deepStrictEqual(specifiers(`type F = import("f").F`), ["f"])
    assert.deepStrictEqual(specifiers(`const g = () => import("g")`), ["g"])
    assert.deepStrictEqual(specifiers(`import h = require("h")`), ["h"])
    assert.deepStrictEqual(specifiers(`const i = require("i")`), ["i"])
    assert.deepStrictEqual(specifiers(`class J { j = { k: [import("j")] } }`), ["j"])
  })

  it("takes no text for an import that only looks like one", () => {
    assert.deepStrictEqual(specifiers(`// import { a } from "node:fs"\nexport const b = 'import "node:fs"'`), [])
    assert.deepStrictEqual(specifiers('const a = `import("node:fs")`\nexport { a }'), [])
  })

  it("refuses a computed import in the core and says so", () => {
    const file = { path: "src/actors/SensorStage.ts", text: "const a = 1\nexport const b = (c: string) => import(c)" }

    const violations = importViolations([file])

    assert.lengthOf(violations, 1)
    assert.include(violations[0], "src/actors/SensorStage.ts:2 imports a computed name")
  })

  it("names file, line, import and rule", () => {
    const file = { path: "src/ports/ShardStore.ts", text: `/** x */\nimport { a } from "../actors/SensorStage.ts"` }

    const violations = importViolations([file])

    assert.deepStrictEqual(violations, [
      "src/ports/ShardStore.ts:2 imports ../actors/SensorStage.ts: ports import schemas, and of packages only `effect`"
    ])
  })

  it("is also what the linter says of the same samples", () => {
    const folder = mkdtempSync(join(tmpdir(), "vicinity-import-rule-"))
    const write = (samples: typeof bad, suffix: string) =>
      samples.map(([from, specifier], index) => {
        const path = from.replace(/(\w+)\.ts$/, `$1${suffix}${index}.ts`)
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), `/** A sample. */\nexport * as sample from "${specifier}"\n`)
        return path
      })
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"))
    const badFiles = write(bad, "Bad")
    const goodFiles = write(good, "Good")

    const oxlint = spawnSync(
      process.execPath,
      [join(root, "node_modules/oxlint/bin/oxlint"), "--format", "json", "src"],
      { cwd: folder, encoding: "utf8" }
    )
    rmSync(folder, { recursive: true, force: true })

    const found: ReadonlyArray<{ code: string; filename: string }> = JSON.parse(oxlint.stdout).diagnostics
    const named = new Set(
      found.filter(({ code }) => code.includes("no-restricted-imports")).map(({ filename }) => filename)
    )
    assert.deepStrictEqual(badFiles.filter((path) => !named.has(path)), [], "missed by the linter")
    assert.deepStrictEqual(goodFiles.filter((path) => named.has(path)), [], "refused by the linter")
  })
})
