/**
 * Typed arrays as Postgres array parameters. Promise: a column of a commit goes from its typed array into the wire buffer
 * once, without an object or a call per value, and every bit of a float arrives (NaN, −0 and denormals included). The same
 * array types take ordinary JavaScript arrays too, and decode as the client's own codecs do.
 *
 * The client's own arrays cost one value and one call per element; `bytea[]` as text cost six times the CPU of binary.
 */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { Result } from "effect"

const { OID } = PgTypes

/** Microseconds between 1970-01-01 and Postgres' epoch 2000-01-01. */
const postgresEpochMillis = 946_684_800_000
/** Header of a one-dimensional array without nulls: dimensions, flags, element type, length, lower bound. */
const headerBytes = 20
const two32 = 4_294_967_296

let scratch = new Uint8Array(64 * 1024)
let view = new DataView(scratch.buffer)
/** Larger than any chunk a commit sends; what needs more gets a buffer of its own. */
const scratchBytesMax = 1024 * 1024

const begin = (bytes: number, elementOid: number, length: number): number => {
  if (bytes > scratch.length) {
    scratch = new Uint8Array(bytes)
    view = new DataView(scratch.buffer)
  }
  view.setInt32(0, length === 0 ? 0 : 1)
  view.setInt32(4, 0)
  view.setInt32(8, elementOid)
  if (length === 0) return 12
  view.setInt32(12, length)
  view.setInt32(16, 1)
  return headerBytes
}

/** The finished array; valid until the next encoding. */
const finish = (end: number): Uint8Array => {
  const bytes = scratch.subarray(0, end)
  if (scratch.length > scratchBytesMax) {
    scratch = new Uint8Array(64 * 1024)
    view = new DataView(scratch.buffer)
  }
  return bytes
}

const encodeInt4 = (values: Int32Array): Uint8Array => {
  let at = begin(headerBytes + values.length * 8, OID.int4, values.length)
  for (let i = 0; i < values.length; i++) {
    view.setInt32(at, 4)
    view.setInt32(at + 4, values[i] as number)
    at += 8
  }
  return finish(at)
}

const encodeFloat8 = (values: Float64Array): Uint8Array => {
  let at = begin(headerBytes + values.length * 12, OID.float8, values.length)
  for (let i = 0; i < values.length; i++) {
    view.setInt32(at, 8)
    view.setFloat64(at + 4, values[i] as number)
    at += 12
  }
  return finish(at)
}

const encodeTimestamps = (millis: Float64Array): Uint8Array => {
  let at = begin(headerBytes + millis.length * 12, OID.timestamptz, millis.length)
  for (let i = 0; i < millis.length; i++) {
    if (millis[i] !== millis[i]) {
      // Says that there are nulls, where the header said there are none.
      view.setInt32(4, 1)
      view.setInt32(at, -1)
      at += 4
      continue
    }
    const micros = ((millis[i] as number) - postgresEpochMillis) * 1000
    const high = Math.floor(micros / two32)
    view.setInt32(at, 8)
    view.setInt32(at + 4, high)
    view.setUint32(at + 8, micros - high * two32)
    at += 12
  }
  return finish(at)
}

const encodeBytea = (values: ReadonlyArray<unknown>): Uint8Array => {
  let size = headerBytes
  for (const value of values) {
    if (!(value instanceof Uint8Array)) throw new PgTypes.CodecError({ message: "bytea[]: not a Uint8Array" })
    size += 4 + value.length
  }
  let at = begin(size, OID.bytea, values.length)
  for (const value of values as ReadonlyArray<Uint8Array>) {
    view.setInt32(at, value.length)
    scratch.set(value, at + 4)
    at += 4 + value.length
  }
  return finish(at)
}

const parameter = (oid: number, value: unknown): PgTypes.Parameter => ({
  [PgTypes.ParameterTypeId]: PgTypes.ParameterTypeId,
  oid,
  value
})

/** `int4[]` */
export const int4s = (values: Int32Array): PgTypes.Parameter => parameter(OID.int4Array, values)
/** `float8[]` */
export const float8s = (values: Float64Array): PgTypes.Parameter => parameter(OID.float8Array, values)
/** `timestamptz[]` of epoch milliseconds; NaN elements are SQL nulls. */
export const timestamps = (millis: Float64Array): PgTypes.Parameter => parameter(OID.timestamptzArray, millis)
/** `bytea[]` */
export const byteas = (values: ReadonlyArray<Uint8Array>): PgTypes.Parameter => parameter(OID.byteaArray, values)
/** `text[]`; null elements are SQL nulls. */
export const texts = (values: ReadonlyArray<string | null>): PgTypes.Parameter => parameter(OID.textArray, values)
/** `float8[]` from JavaScript values; null elements are SQL nulls. */
export const nullableFloat8s = (values: ReadonlyArray<number | null>): PgTypes.Parameter =>
  parameter(OID.float8Array, values)

const encodeWith = <A>(oid: number, isFast: (value: unknown) => value is A, fast: (value: A) => Uint8Array) => {
  const encoded = (value: unknown): Result.Result<Uint8Array, PgTypes.CodecError> =>
    isFast(value) ? Result.succeed(fast(value)) : PgTypes.encode(value, oid)
  const codec: PgTypes.Codec<unknown> = {
    encode: (value) => Result.map(encoded(value), (bytes) => bytes.slice()),
    decode: (bytes) => PgTypes.decode(bytes, oid, 1),
    write: (sink, value) =>
      Result.map(encoded(value), (bytes) => {
        sink.raw(bytes)
      })
  }
  return codec
}

/** The codecs of a client that takes typed arrays. */
export const makeRegistry = (): PgTypes.Registry => {
  const registry = PgTypes.makeRegistry()
  registry.register(
    OID.int4Array,
    encodeWith(OID.int4Array, (value) => value instanceof Int32Array, encodeInt4)
  )
  registry.register(
    OID.float8Array,
    encodeWith(OID.float8Array, (value) => value instanceof Float64Array, encodeFloat8)
  )
  registry.register(
    OID.timestamptzArray,
    encodeWith(OID.timestamptzArray, (value) => value instanceof Float64Array, encodeTimestamps)
  )
  registry.register(
    OID.byteaArray,
    encodeWith(OID.byteaArray, (value): value is ReadonlyArray<unknown> => Array.isArray(value), encodeBytea)
  )
  return registry
}
