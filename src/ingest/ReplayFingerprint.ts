/**
 * Which recording a replay is of: a hash of the mapping, of every byte it reads, and of the span and the shift
 * where it has one. The same recording replayed again has the
 * same producer, so its batches are known as repeats; changed data or another mapping is another recording.
 */
import { Effect, FileSystem, Path, Stream } from "effect"
import { replayFiles, type ReplayMapping, separatorOf } from "./ReplayMapping.ts"
import { type ReplaySpan, wholeSpan } from "./ReplaySpan.ts"
import { type ReplayDataInvalid, unreadable } from "./ReplayStep.ts"

export interface ReplayFingerprint {
  /** Sixteen hexadecimal digits. */
  readonly fingerprint: string
  /** Values of a matrix, estimated from line breaks and the separators of its first line. */
  readonly matrixValues: number
}

/** Two 32-bit lanes of FNV-1a with different multipliers; told apart, not protected against forgery. */
class ByteHash {
  private a = 0x811c9dc5
  private b = 0x9747b28c

  add(bytes: Uint8Array): void {
    let { a, b } = this
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number
      a = Math.imul(a ^ byte, 0x01000193)
      b = Math.imul(b ^ byte, 0x85ebca6b) + 1
    }
    this.a = a
    this.b = b
  }

  get hex(): string {
    return [this.a, this.b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("")
  }
}

export const replayFingerprint = Effect.fnUntraced(function*(
  folder: string,
  mapping: ReplayMapping,
  span: ReplaySpan
): Effect.fn.Return<ReplayFingerprint, ReplayDataInvalid, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const hash = new ByteHash()
  hash.add(new TextEncoder().encode(JSON.stringify(mapping)))
  if (span !== wholeSpan) hash.add(new TextEncoder().encode(`\0${span.from} ${span.to} ${span.shiftMillis}`))
  const [dataFile, ...others] = replayFiles(mapping)
  const size = new MatrixSize(separatorOf(mapping).charCodeAt(0))
  for (const file of [dataFile ?? "", ...others]) {
    hash.add(new TextEncoder().encode(`\0${file}\0`))
    yield* fs.stream(path.join(folder, file)).pipe(
      Stream.mapError(unreadable(file)),
      Stream.runForEach((bytes) =>
        Effect.sync(() => {
          hash.add(bytes)
          if (file === dataFile) size.add(bytes)
        })
      )
    )
  }
  return { fingerprint: hash.hex, matrixValues: size.values }
})

class MatrixSize {
  private readonly separator: number
  private lines = 0
  private columns = 1
  private last = 10

  constructor(separator: number) {
    this.separator = separator
  }

  add(bytes: Uint8Array): void {
    let from = 0
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      if (this.lines === 0) this.countColumns(bytes.subarray(from, at))
      this.lines++
      from = at + 1
    }
    if (this.lines === 0) this.countColumns(bytes)
    this.last = bytes.at(-1) ?? this.last
  }

  /** Of the rows below the first line. */
  get values(): number {
    return Math.max(0, this.lines + (this.last === 10 ? 0 : 1) - 1) * this.columns
  }

  private countColumns(line: Uint8Array): void {
    for (const byte of line) if (byte === this.separator) this.columns++
  }
}
