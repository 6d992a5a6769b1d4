/**
 * What is configured and what the NATS server has or allows do not go together. A restart does not mend it: somebody has to look. The
 * detail is one sentence that says what it is and what to do, and never holds a password.
 */
import { Schema } from "effect"

export class NatsRefused extends Schema.TaggedError<NatsRefused>()("NatsRefused", {
  reason: Schema.Literals([
    "address",
    "no-server",
    "credentials",
    "no-jetstream",
    "old-server",
    "other-stream",
    "other-shards",
    "impossible"
  ]),
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return this.detail
  }
}
