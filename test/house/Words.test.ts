/** One word per idea: what docs/GLOSSARY.md avoids (in code face in its last column) is part of no name in `src`, adapters apart. */
import { assert, describe, it } from "@effect/vitest"
import { parseAst } from "vitest/node"
import { filesUnder, type SourceFile, sources } from "./SourceFiles.ts"

const glossary = (): string => filesUnder("docs/GLOSSARY.md", /md$/)[0]?.text ?? ""

/** Avoided word → the word to use, from the rows `| **Word** | meaning | `avoided`, … |`. */
const avoidedWords = (page: string): ReadonlyMap<string, string> =>
  new Map(
    [...page.matchAll(/^\| \*\*([^*]+)\*\* \|.*\| ([^|]*) \|$/gm)].flatMap(([, word = "", last = ""]) =>
      [...last.matchAll(/`(\w+)`/g)].map(([, avoided = ""]) => [avoided.toLowerCase(), word] as const)
    )
  )

/** `lastReadingAt`, `LAST_READING_AT` → last, reading, at. */
const wordsOf = (name: string): ReadonlyArray<string> =>
  name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/)

const namesOf = (value: unknown, found: Set<string> = new Set()): ReadonlySet<string> => {
  if (Array.isArray(value)) { for (const item of value) namesOf(item, found) }
  else if (typeof value === "object" && value !== null) {
    const isName = "type" in value && (value.type === "Identifier" || value.type === "PrivateIdentifier")
    if (isName && "name" in value && typeof value.name === "string") found.add(value.name)
    for (const inner of Object.values(value)) namesOf(inner, found)
  }
  return found
}

const langOf = (path: string) => path.endsWith("tsx") ? "tsx" : path.endsWith("ts") ? "ts" : "js"

const misnamed = (file: SourceFile, avoided: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  [...namesOf(parseAst(file.text, { lang: langOf(file.path) }).body)].flatMap((name) =>
    wordsOf(name).flatMap((word) => {
      const better = avoided.get(word) ?? (word.endsWith("s") ? avoided.get(word.slice(0, -1)) : undefined)
      return better === undefined ? [] : [`${file.path}: ${name} — say ${better}`]
    })
  )

describe("words", () => {
  it("that the glossary avoids name nothing in src", () => {
    const avoided = avoidedWords(glossary())

    assert.isAbove(avoided.size, 10)
    const ours = [...sources(), ...filesUnder("dashboard/src", /\.tsx?$/)].filter(({ path }) =>
      // What speaks the words of its technology.
      !path.startsWith("src/adapters/") && !path.startsWith("dashboard/src/map/")
      && path !== "src/http/AsyncApiDocument.ts"
    )
    assert.deepStrictEqual(ours.flatMap((file) => misnamed(file, avoided)), [])
  })

  it("are found inside longer names, in the plural and in any case, but not inside other words or in text", () => {
    const avoided = new Map([["reading", "observation"]])
    const said = (text: string) => misnamed({ path: "src/a/A.ts", text }, avoided).length

    assert.strictEqual(said("export const lastReadingAt = 1"), 1)
    assert.strictEqual(said("export const READINGS_MAX = 1"), 1)
    assert.strictEqual(said("export class A { #reading = 1 }"), 1)
    assert.strictEqual(said("export const spreading = 1"), 0)
    assert.strictEqual(said("/** reading */ export const a = 'reading'"), 0)
  })
})
