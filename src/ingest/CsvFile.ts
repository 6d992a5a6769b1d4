/**
 * CSV files of a recording: their records chunk by chunk, also through gzip (`.gz`), and their named columns. A file that cannot be read
 * or lacks a column fails with its name and what is wrong with it.
 */
import { Effect, FileSystem, Stream } from "effect"
import { CsvReader, type CsvRecord } from "./CsvReader.ts"
import { ReplayDataInvalid, unreadable } from "./ReplayStep.ts"

/** The records of a CSV file, an array per chunk of the file. */
export const csvRecords = (
  path: string,
  file: string,
  separator: string
): Stream.Stream<ReadonlyArray<CsvRecord>, ReplayDataInvalid, FileSystem.FileSystem> =>
  Stream.unwrap(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const reader = new CsvReader(separator)
    const bytes = fs.stream(path)
    return (file.endsWith(".gz") ? gunzipped(bytes) : bytes).pipe(
      Stream.decodeText(),
      Stream.map((text) => reader.push(text)),
      Stream.concat(Stream.suspend(() => Stream.succeed(reader.end()))),
      Stream.mapError(unreadable(file))
    )
  }))

/** Where the named columns are in a header; fails with the first that is not there. */
export const columnIndexes = Effect.fnUntraced(function*(
  file: string,
  header: CsvRecord,
  columns: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyArray<number>, ReplayDataInvalid> {
  const names = header.fields.map((field) => field.trim())
  const indexes = columns.map((column) => names.indexOf(column))
  const absent = columns.find((_, index) => indexes[index] === -1)
  if (absent === undefined) return indexes
  return yield* new ReplayDataInvalid({
    file,
    detail: `has no column "${absent}": its first line has ${names.slice(0, 30).join(", ").slice(0, 300)}`
  })
})

/** Calls `visit` with the named cells of each row that is not blank, trimmed. */
export const csvRows = Effect.fnUntraced(function*(
  path: string,
  file: string,
  separator: string,
  columns: ReadonlyArray<string>,
  visit: (cells: ReadonlyArray<string>, record: CsvRecord) => void
): Effect.fn.Return<void, ReplayDataInvalid, FileSystem.FileSystem> {
  let indexes: ReadonlyArray<number> | undefined = undefined
  yield* csvRecords(path, file, separator).pipe(
    Stream.runForEach(Effect.fnUntraced(function*(records) {
      const [header] = records
      if (header === undefined) return
      const at: ReadonlyArray<number> = indexes ??= yield* columnIndexes(file, header, columns)
      for (const record of records) {
        if (record.line === 1 || record.text.trim() === "") continue
        visit(at.map((index) => record.fields[index]?.trim() ?? ""), record)
      }
    }))
  )
  if (indexes === undefined) return yield* new ReplayDataInvalid({ file, detail: "is empty" })
})

/** Through the web's own streams, as nothing here may know Node's. */
const gunzipped = <E extends { readonly message: string }>(bytes: Stream.Stream<Uint8Array, E>) =>
  Stream.fromReadableStream({
    evaluate: (): ReadableStream<Uint8Array> =>
      Stream.toReadableStream(Stream.map(bytes, (chunk) => new Uint8Array(chunk))).pipeThrough(
        new DecompressionStream("gzip")
      ),
    onError: (error) => ({ message: error instanceof Error ? error.message : String(error) })
  })
