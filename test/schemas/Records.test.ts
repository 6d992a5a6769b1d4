/** Ticks and commands go through bytes unharmed; damage is told from a newer version. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type CommandRecord, decodeCommand, encodeCommand } from "../../src/schemas/Commands.ts"
import { EpochMillis, Latitude, Longitude } from "../../src/schemas/Quantities.ts"
import {
  decodeTick,
  encodeTick,
  RecordCorrupt,
  recordKind,
  RecordVersionUnknown,
  sealRecord
} from "../../src/schemas/Records.ts"

const refusal = (read: () => unknown): string => {
  try {
    return `read ${JSON.stringify(read())}`
  } catch (error) {
    if (error instanceof RecordCorrupt) return "corrupt"
    if (error instanceof RecordVersionUnknown) return "version"
    throw error
  }
}

/** Every single changed byte, and every shorter record, is refused. */
const refusesDamage = (record: Uint8Array, read: (bytes: Uint8Array) => unknown): void => {
  for (let at = 0; at < record.length; at++) {
    for (const change of [1, 2, 3, 4, 7, 16, 128, 255]) {
      const damaged = record.slice()
      damaged[at] = (record[at] ?? 0) ^ change
      const found = refusal(() => read(damaged))
      assert.isTrue(found === "corrupt" || (found === "version" && (at === 1 || at === 2)), `byte ${at}: ${found}`)
    }
    assert.strictEqual(refusal(() => read(record.slice(0, at))), "corrupt", `first ${at} bytes`)
  }
}

const withVersion = (record: Uint8Array, version: number): Uint8Array => {
  const changed = record.slice()
  changed[1] = version
  return changed
}

/** A command record around any text. */
const commandOf = (text: Uint8Array, length = text.length): Uint8Array => {
  const bytes = new Uint8Array(16 + ((text.length + 3) & ~3))
  new DataView(bytes.buffer).setUint32(8, length, true)
  bytes.set(text, 16)
  return sealRecord(bytes, "command", 0)
}
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const describeSensor: CommandRecord = {
  id: "describe-1",
  issuedAt: EpochMillis.make(1_780_000_000_000),
  command: {
    _tag: "DescribeSensor",
    sensorId: "\uFEFFtram/4 ä 🌡️",
    name: "Sörnäinen",
    location: [Longitude.make(24.96), Latitude.make(60.18)]
  }
}
const configure: CommandRecord = {
  id: "configure-1",
  issuedAt: EpochMillis.make(1_780_000_000_000),
  command: {
    _tag: "Configure",
    settings: {
      timeZone: "Europe/Helsinki",
      idleTimeoutMillis: 60_000,
      latenessMillis: { "*": { vehicle_speed: 0 }, "replay:los-loop": { "*": 86_400_000 } }
    }
  }
}

describe("a tick", () => {
  it.prop("reads as it was written", [Schema.Finite], ([now]) => {
    const record = encodeTick(now)

    assert.strictEqual(recordKind(record), "tick")
    assert.strictEqual(decodeTick(record), now)
    assert.strictEqual(decodeTick(Buffer.concat([Buffer.from("x"), record]).subarray(1)), now)
  })

  it("that is damaged is corrupt", () => refusesDamage(encodeTick(1_780_000_000_000), decodeTick))

  it("of a newer version says so, of version 0 is corrupt", () => {
    assert.strictEqual(refusal(() => decodeTick(withVersion(encodeTick(1), 2))), "version")
    assert.strictEqual(refusal(() => decodeTick(withVersion(encodeTick(1), 0))), "corrupt")
  })

  it("at no instant is corrupt", () => {
    assert.strictEqual(refusal(() => decodeTick(encodeTick(NaN))), "corrupt")
    assert.strictEqual(refusal(() => decodeTick(encodeTick(Infinity))), "corrupt")
  })

  it("is not read from another kind of record", () => {
    const other = encodeCommand({ ...describeSensor, id: "x" })
    assert.strictEqual(refusal(() => decodeTick(other)), "corrupt")
    assert.strictEqual(refusal(() => decodeCommand(encodeTick(5))), "corrupt")
  })
})

describe("a command", () => {
  for (const record of [describeSensor, configure]) {
    it(`${record.command._tag} reads as it was written`, () => {
      const bytes = encodeCommand(record)

      assert.strictEqual(recordKind(bytes), "command")
      assert.deepStrictEqual(decodeCommand(bytes), record)
      assert.deepStrictEqual(decodeCommand(Buffer.concat([Buffer.from("xyz"), bytes]).subarray(3)), record)
    })

    it(`${record.command._tag} that is damaged is corrupt`, () => refusesDamage(encodeCommand(record), decodeCommand))
  }

  it.prop("reads as it was written, whatever it says", [
    Schema.NonEmptyString,
    Schema.String,
    Schema.Int
  ], ([id, name, at]) => {
    // JSON has one zero.
    const issuedAt = at + 0
    const record: CommandRecord = {
      id,
      issuedAt: EpochMillis.make(issuedAt),
      command: { _tag: "DescribeSensor", sensorId: id, name }
    }
    // UTF-8 has no lone surrogates; JSON escapes them.
    assert.deepStrictEqual(decodeCommand(encodeCommand(record)), record)
  })

  it("of a newer version, or one we do not know, stops the reader", () => {
    assert.strictEqual(refusal(() => decodeCommand(withVersion(encodeCommand(configure), 2))), "version")
    const unknown = JSON.stringify({ id: "x", issuedAt: 1, command: { _tag: "Recalibrate", sensorId: "a" } })
    assert.strictEqual(refusal(() => decodeCommand(commandOf(utf8(unknown)))), "version")
  })

  it("whose text is no text or no JSON is corrupt", () => {
    assert.strictEqual(refusal(() => decodeCommand(commandOf(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)))), "corrupt")
    assert.strictEqual(refusal(() => decodeCommand(commandOf(utf8('{"id":')))), "corrupt")
    assert.strictEqual(refusal(() => decodeCommand(commandOf(utf8("{}  "), 400))), "corrupt")
    assert.strictEqual(refusal(() => decodeCommand(sealRecord(new Uint8Array(8), "command", 0))), "corrupt")
  })

  it("is not written with a zone that does not exist", () => {
    const settings = { timeZone: "Europe/Atlantis", idleTimeoutMillis: 1, latenessMillis: {} }
    assert.throws(() => encodeCommand({ ...configure, command: { _tag: "Configure", settings } }), /Europe\/Atlantis/)
  })
})
