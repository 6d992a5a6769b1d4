/** CSV files as they lie in a folder, plain or through gzip. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import { csvRows } from "../../src/ingest/CsvFile.ts"
import { files, temporaryFolder } from "./Logs.ts"

const text = ["a;b;c", ...Array.from({ length: 50_000 }, (_, i) => `${i};é${i};"x;y"`)].join("\r\n")

const rows = Effect.fnUntraced(function*(file: string, bytes: Uint8Array | string, columns = ["c", "b"]) {
  const folder = yield* temporaryFolder
  const found: Array<string> = []
  fs.writeFileSync(path.join(folder, file), bytes)
  yield* csvRows(path.join(folder, file), file, ";", columns, (cells) => found.push(cells.join("|")))
  return found
})

describe("a CSV file", () => {
  it.live("gives the same rows plain and through gzip", () =>
    Effect.gen(function*() {
      const plain = yield* rows("a.csv", text)
      const zipped = yield* rows("a.csv.gz", gzipSync(text))

      assert.strictEqual(plain.length, 50_000)
      assert.strictEqual(plain[49_999], "x;y|é49999")
      assert.deepStrictEqual(zipped, plain)
    }).pipe(Effect.provide(files)))

  it.live("that is cut off, no gzip, empty or without the column is refused by name", () =>
    Effect.gen(function*() {
      const zipped = gzipSync(text)
      const cut = yield* Effect.flip(rows("a.csv.gz", zipped.subarray(0, zipped.length - 100)))
      const none = yield* Effect.flip(rows("a.csv.gz", text))
      // Of several members one after the other the web's own streams read none; gzip and zip write one.
      const members = yield* Effect.flip(rows("a.csv.gz", Buffer.concat([zipped, zipped])))
      const empty = yield* Effect.flip(rows("a.csv", ""))
      const column = yield* Effect.flip(rows("a.csv", text, ["d"]))

      assert.match(cut.message, /^a.csv.gz: cannot be read: /)
      assert.match(none.message, /^a.csv.gz: cannot be read: /)
      assert.match(members.message, /^a.csv.gz: cannot be read: /)
      assert.match(empty.message, /^a.csv: is empty/)
      assert.match(column.message, /^a.csv: has no column "d"/)
    }).pipe(Effect.provide(files)))
})
