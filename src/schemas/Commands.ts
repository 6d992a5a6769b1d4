/**
 * Commands: changes of a stage's state by someone, in the order of its log, so that a replay decides as the first run did. The sensor
 * stage takes `Configure` and `DescribeSensor` from the observation log, the district stage `ConfigureDistricts` and
 * `DescribeDistricts` from the partials log.
 */
import { DateTime, Option, Result, Schema } from "effect"
import { District } from "./District.ts"
import { QualityWeights } from "./QualityOfLife.ts"
import { EpochMillis, Latitude, Longitude } from "./Quantities.ts"
import { alignedRecord, RecordCorrupt, recordVersion, RecordVersionUnknown, sealRecord } from "./Records.ts"

const TimeZone = Schema.NonEmptyString.check(
  Schema.makeFilter((zone) =>
    Option.isSome(DateTime.zoneMakeNamed(zone)) ? undefined : `"${zone}" is no time zone this program knows`
  )
)

/** How the sensor stage of a city works. Changed only through the log, so that a replay decides as the first run did. */
export const StageSettings = Schema.Struct({
  /** IANA zone in which hours of the week are counted. */
  timeZone: TimeZone,
  /** A datastream that has been silent this long follows the ticks. */
  idleTimeoutMillis: Schema.Int.check(Schema.isGreaterThan(0)),
  /** Lateness that differs from the property's own: by source, then property (`*` for all). */
  latenessMillis: Schema.Record(
    Schema.String,
    Schema.Record(Schema.String, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400_000 })))
  )
})
export type StageSettings = typeof StageSettings.Type

export const Configure = Schema.TaggedStruct("Configure", { settings: StageSettings })
/** What is known of a device beside its observations. */
export const DescribeSensor = Schema.TaggedStruct("DescribeSensor", {
  sensorId: Schema.String,
  name: Schema.optionalKey(Schema.String),
  location: Schema.optionalKey(Schema.Tuple([Longitude, Latitude]))
})
/** How the district stage of a city works. */
export const DistrictSettings = Schema.Struct({
  /** IANA zone in which hours of the day are counted. */
  timeZone: TimeZone,
  weights: QualityWeights
})
export type DistrictSettings = typeof DistrictSettings.Type

export const ConfigureDistricts = Schema.TaggedStruct("ConfigureDistricts", { settings: DistrictSettings })
/** The districts there are from now on in a shard; what was described before and is not among them is no longer listed. */
export const DescribeDistricts = Schema.TaggedStruct("DescribeDistricts", {
  /** Of the whole set. */
  version: Schema.Int,
  districts: Schema.Array(District)
})

/** A change of the stage's state by someone, in the order of the log. */
export const Command = Schema.Union([Configure, DescribeSensor, ConfigureDistricts, DescribeDistricts])
export type Command = typeof Command.Type

const CommandRecord = Schema.Struct({ id: Schema.NonEmptyString, issuedAt: EpochMillis, command: Command })
/** A command with its deterministic id (a repeated id is applied once). */
export type CommandRecord = typeof CommandRecord.Type
const encodeCommandJson = Schema.encodeSync(Schema.fromJsonString(CommandRecord))
const decodeCommandRecord = Schema.decodeUnknownOption(CommandRecord)
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export const encodeCommand = (record: CommandRecord): Uint8Array => {
  const text = new TextEncoder().encode(encodeCommandJson(record))
  const bytes = new Uint8Array(16 + ((text.length + 3) & ~3))
  new DataView(bytes.buffer).setUint32(8, text.length, true)
  bytes.set(text, 16)
  return sealRecord(bytes, "command", 0)
}

/** Throws `RecordVersionUnknown` on a command this program does not know: skipping it would change the answers. */
export const decodeCommand = (bytes: Uint8Array): CommandRecord => {
  const aligned = alignedRecord(bytes, "command")
  if (aligned.length < 16) throw new RecordCorrupt({ detail: `command of ${aligned.length} bytes` })
  const length = new DataView(aligned.buffer).getUint32(8, true)
  if (16 + length > aligned.length) throw new RecordCorrupt({ detail: "command longer than its record" })
  const json = Result.try((): unknown => JSON.parse(utf8.decode(aligned.subarray(16, 16 + length))))
  if (Result.isFailure(json)) throw new RecordCorrupt({ detail: "a command that is no JSON" })
  const record = decodeCommandRecord(json.success)
  if (Option.isNone(record)) throw new RecordVersionUnknown({ version: recordVersion })
  return record.value
}
