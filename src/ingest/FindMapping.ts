/**
 * The mapping of a data folder: the file asked for, else `vicinity-mapping.json` in the folder, else the built-in one of the
 * folder's name. Fails with what was looked for and what to do.
 */
import { Effect, FileSystem, Path, Schema } from "effect"
import { builtInMappings } from "./BuiltInMappings.ts"
import { ReplayMapping } from "./ReplayMapping.ts"

export const mappingFileName = "vicinity-mapping.json"

/** There is no mapping, or it says something that cannot be. */
export class MappingInvalid extends Schema.TaggedError<MappingInvalid>()("MappingInvalid", {
  origin: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `mapping ${this.origin}: ${this.detail}`
  }
}

const decode = Schema.decodeUnknownEffect(ReplayMapping, { errors: "all", onExcessProperty: "error" })

/** A parsed mapping, checked; `origin` says where it came from. */
export const decodeMapping = (value: unknown, origin: string): Effect.Effect<ReplayMapping, MappingInvalid> =>
  decode(value).pipe(Effect.mapError((error) => new MappingInvalid({ origin, detail: error.message })))

const readMapping = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(file).pipe(
    Effect.mapError((error) => new MappingInvalid({ origin: file, detail: `cannot be read: ${error.message}` }))
  )
  const value = yield* Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))(text).pipe(
    Effect.mapError((error) => new MappingInvalid({ origin: file, detail: `is not JSON: ${error.message}` }))
  )
  return yield* decodeMapping(value, file)
})

export const findMapping = Effect.fnUntraced(function*(
  folder: string,
  mappingFile?: string
): Effect.fn.Return<ReplayMapping, MappingInvalid, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const isFolder = yield* fs.stat(folder).pipe(
    Effect.map((info) => info.type === "Directory"),
    Effect.orElseSucceed(() => false)
  )
  if (!isFolder) {
    return yield* new MappingInvalid({ origin: folder, detail: "there is no such folder of data to replay" })
  }
  if (mappingFile !== undefined) return yield* readMapping(mappingFile)
  const beside = path.join(folder, mappingFileName)
  if (yield* Effect.orElseSucceed(fs.exists(beside), () => false)) return yield* readMapping(beside)
  const name = path.basename(path.resolve(folder))
  const builtIn = builtInMappings.get(name)
  if (builtIn !== undefined) return yield* decodeMapping(builtIn, `built in for ${name}`)
  return yield* new MappingInvalid({
    origin: folder,
    detail: `the folder has no ${mappingFileName} and none is built in for its name (built in: ${
      [...builtInMappings.keys()].join(", ")
    }): write one (docs/replay-mapping.md) or name one with --mapping FILE`
  })
})
