/** Pages lead where they say: relative links of every page, their anchors, and the pages that comments in `src` name. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join, posix } from "node:path"
import { filesUnder, root, type SourceFile, sources } from "./SourceFiles.ts"

const pages = (): ReadonlyArray<SourceFile> =>
  ["README.md", "CONTRIBUTING.md", "docs"].flatMap((start) => filesUnder(start, /\.md$/))

/** Without fenced code, in which brackets are no links and hashes no headings. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, "")

/** GitHub's anchor of a heading: lower case, no punctuation, spaces as hyphens. */
const anchorOf = (heading: string): string =>
  heading.toLowerCase().replace(/[^\p{L}\p{N}\p{M} _-]/gu, "").replace(/ /g, "-")

const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set([...prose(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = ""]) => anchorOf(heading.trim())))

const brokenLinks = (page: SourceFile, all: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  [...prose(page.text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return []
    const [file = "", anchor] = target.split("#")
    const path = file === "" ? page.path : posix.join(posix.dirname(page.path), file)
    if (path !== page.path && !existsSync(join(root, path))) return [`${page.path}: ${target} does not exist`]
    const text = all.find((other) => other.path === path)?.text
    const lost = anchor !== undefined && text !== undefined && !anchorsOf(text).has(anchor)
    return lost ? [`${page.path}: ${path} has no heading #${anchor}`] : []
  })

/** Pages named in comments: a whole path, or an ADR by its number alone. */
const namedInSource = (file: SourceFile): ReadonlyArray<string> =>
  [...file.text.matchAll(/\bdocs\/[\w./-]*\w/g)].map(([path]) => path)

const pageExists = (path: string, all: ReadonlyArray<SourceFile>): boolean =>
  existsSync(join(root, path)) ||
  (/^docs\/adr\/\d{4}$/.test(path) && all.some((page) => page.path.startsWith(`${path}-`)))

describe("pages", () => {
  it("lead where their links say", () => {
    const all = pages()

    assert.isAbove(all.length, 5)
    assert.deepStrictEqual(all.flatMap((page) => brokenLinks(page, all)), [])
  })

  it("name only files of this project that are there", () => {
    const lost = pages().flatMap((page) =>
      [...prose(page.text).matchAll(/`((?:src|test|bench|docs|\.ci)\/[\w./-]+)`/g)]
        .map(([, path = ""]) => path)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${page.path} names ${path}`)
    )

    assert.deepStrictEqual(lost, [])
  })

  it("that comments in src name are there", () => {
    const all = pages()

    const lost = sources().flatMap((file) =>
      namedInSource(file).filter((path) => !pageExists(path, all)).map((path) => `${file.path} names ${path}`)
    )

    assert.deepStrictEqual(lost, [])
  })

  it("are checked for lost files and lost headings, and not inside code", () => {
    const page = { path: "docs/A.md", text: "# The one\n[a](B.md) [b](#the-one) [c](#other)\n```\n[d](E.md)\n```\n" }

    assert.deepStrictEqual(brokenLinks(page, [page]), [
      "docs/A.md: B.md does not exist",
      "docs/A.md: docs/A.md has no heading #other"
    ])
  })
})
