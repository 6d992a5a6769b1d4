/** The files of this project as the house tests see them: paths relative to the root, with `/`, and their text. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join, relative, sep } from "node:path"

export const root = join(import.meta.dirname, "../..")

export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Every file under a folder (or the file itself), hidden ones included, but no installed package. */
const pathsUnder = (folder: string): ReadonlyArray<string> => {
  const start = join(root, folder)
  if (!existsSync(start)) return []
  if (statSync(start).isFile()) return [folder]
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !path.includes("node_modules/"))
    .toSorted()
}

export const filesUnder = (folder: string, extension: RegExp): ReadonlyArray<SourceFile> =>
  pathsUnder(folder)
    .filter((path) => extension.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))

/** Programs of `src`: TypeScript, and the launcher that must run before we know which Node this is. */
export const sources = (): ReadonlyArray<SourceFile> => filesUnder("src", /\.(ts|mts|cts|js|mjs|cjs)$/)
