/**
 * The server's log. Promise: it takes at most twice `bytesMax` on disk (the file and its predecessor), and the last lines
 * are in memory for an error message. The server writes to a pipe and we to the file, because PostgreSQL's own collector
 * bounds the age of a log and not its size.
 */
import { appendFileSync, renameSync, statSync } from "node:fs"
import { lastLines } from "./EmbeddedPostgresProcess.ts"

const tailBytes = 8_192

export class EmbeddedPostgresLog {
  readonly path: string
  readonly bytesMax: number
  private bytes: number
  private tail = ""

  constructor(path: string, bytesMax = 4 * 1024 * 1024) {
    this.path = path
    this.bytesMax = bytesMax
    this.bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  }

  readonly append = (chunk: Uint8Array): void => {
    this.tail = (this.tail + Buffer.from(chunk).toString("utf8")).slice(-tailBytes)
    try {
      if (this.bytes + chunk.length > this.bytesMax) {
        renameSync(this.path, `${this.path}.1`)
        this.bytes = 0
      }
      appendFileSync(this.path, chunk)
      this.bytes += chunk.length
    } catch {
      // A full disk must not take the process down by way of its log: the lines are in the tail.
    }
  }

  lines(): ReadonlyArray<string> {
    return lastLines(this.tail)
  }
}
