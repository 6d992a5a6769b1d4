/** What every file of `src` has in common: a header that says what for, one screen-sized subject, a telling name. */
import { assert, describe, it } from "@effect/vitest"
import { basename } from "node:path"
import { filesUnder, type SourceFile, sources } from "./SourceFiles.ts"

/** Also the page, whose files are named as its tools want it. */
const written = () => [...sources(), ...filesUnder("dashboard/src", /\.tsx?$/)]

/** Think again at 300; nobody needs more than this. */
const linesMax = 400

const withoutHeader = (files: ReadonlyArray<SourceFile>) =>
  files.filter(({ text }) => !/^(#!.*\n)?\/\*\*\s/.test(text)).map(({ path }) => path)

const tooLong = (files: ReadonlyArray<SourceFile>) =>
  files
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path} has ${lines} lines, at most ${linesMax}`)

const collective = /^(index|utils?|helpers?|common|misc|shared|constants|types)\b/i

const badlyNamed = (files: ReadonlyArray<SourceFile>) =>
  files
    .map(({ path }) => path)
    .filter((path) =>
      collective.test(basename(path))
      || path.split("/").slice(1, -1).some((folder) => collective.test(folder))
      // Programs are lower case; all else is named after the one thing inside.
      || !(/^[A-Z][A-Za-z0-9]*\.ts$/.test(basename(path)) || path.startsWith("src/apps/"))
    )

const file = (path: string, text: string): SourceFile => ({ path, text })

describe("source files", () => {
  it("are there", () => {
    assert.isAbove(sources().length, 15)
  })

  it("start with a header that says what the file is for", () => {
    assert.deepStrictEqual(withoutHeader(written()), [])
  })

  it(`have at most ${linesMax} lines`, () => {
    assert.deepStrictEqual(tooLong(written()), [])
  })

  it("are named after the one thing inside, in PascalCase", () => {
    assert.deepStrictEqual(badlyNamed(sources()), [])
  })

  it("are refused when they have no header, are too long or are a drawer", () => {
    assert.lengthOf(withoutHeader([file("src/a/A.ts", "import {} from 'effect'\n/** late */")]), 1)
    assert.lengthOf(withoutHeader([file("src/apps/a.mjs", "#!/usr/bin/env node\n/** What for. */\n")]), 0)
    assert.lengthOf(
      tooLong([file("src/a/A.ts", "\n".repeat(linesMax)), file("src/a/B.ts", "\n".repeat(linesMax + 1))]),
      1
    )
    const names = [
      "src/a/index.ts",
      "src/a/Utils.ts",
      "src/common/A.ts",
      "src/a/windowStore.ts",
      "src/a/WindowStore.ts"
    ]
    assert.deepStrictEqual(badlyNamed(names.map((path) => file(path, ""))), names.slice(0, 4))
  })
})
