/**
 * The built page, read once into memory. Promises: what is answered was read when the server started, so no request can name
 * any other file, and pages and pieces of two builds never mix; where nothing is built there is no page, and that is no failure.
 */
import { Effect, FileSystem, Option, Path } from "effect"

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The same, compressed by the build. */
  readonly gzip: Uint8Array<ArrayBuffer> | undefined
  readonly contentType: string
}

export interface PageFiles {
  readonly html: string
  /** By name, without a folder. The name holds a hash of the content. */
  readonly assets: ReadonlyMap<string, PageFile>
}

/** All of it; a folder with more is not ours, and is not read. */
const bytesMax = 32 * 1024 * 1024

const contentTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml"
}

const readAssets = Effect.fnUntraced(function*(folder: string) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* files.readDirectory(folder)).filter((name) => contentTypes[path.extname(name)] !== undefined)
  const assets = new Map<string, PageFile>()
  let bytesRead = 0
  for (const name of names) {
    const bytes = new Uint8Array(yield* files.readFile(path.join(folder, name)))
    const gzip = yield* Effect.option(files.readFile(path.join(folder, `${name}.gz`)))
    bytesRead += bytes.length
    if (bytesRead > bytesMax) return undefined
    assets.set(name, {
      bytes,
      gzip: Option.isSome(gzip) ? new Uint8Array(gzip.value) : undefined,
      contentType: contentTypes[path.extname(name)] ?? ""
    })
  }
  return assets
})

/** What the build left in a folder; `undefined` where there is nothing, or nothing that can be read. */
export const readPageFiles = Effect.fn("PageFiles.readPageFiles")(
  function*(folder: string) {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const page = path.join(folder, "index.html")
    if (!(yield* files.exists(page))) return undefined
    const html = yield* files.readFileString(page)
    const assets = yield* readAssets(path.join(folder, "assets"))
    return assets === undefined ? undefined : { html, assets } satisfies PageFiles
  },
  Effect.catch((error) => Effect.as(Effect.logWarning("the built page cannot be read", error), undefined))
)
