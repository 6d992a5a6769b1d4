/** Why the embedded PostgreSQL could not be started, with what to do about it and the last lines of its log. */
import { Schema } from "effect"

export class EmbeddedPostgresFailed extends Schema.TaggedError<EmbeddedPostgresFailed>()("EmbeddedPostgresFailed", {
  step: Schema.Literals(["find", "lock", "user", "initialise", "orphan", "start", "run"]),
  /** A sentence, with what to do. */
  detail: Schema.String,
  /** Last lines the server (or initdb) wrote. */
  log: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const log = this.log.length === 0 ? "" : `\n  ${this.log.join("\n  ")}`
    return `embedded PostgreSQL (${this.step}): ${this.detail}${log}`
  }
}

/** An unexpected failure of the file system or of a process, at a step. */
export const failedAt = (step: EmbeddedPostgresFailed["step"]) => (cause: unknown): EmbeddedPostgresFailed =>
  cause instanceof EmbeddedPostgresFailed
    ? cause
    : new EmbeddedPostgresFailed({ step, detail: cause instanceof Error ? cause.message : String(cause), log: [] })
