import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Base64Url } from "effect/encoding"
import { decodeAnomalyCursor, encodeAnomalyCursor } from "../../src/http/AnomalyCursor.ts"
import { decodeLateCursor, encodeLateCursor } from "../../src/http/LateCursor.ts"
import { decodeSensorCursor, encodeSensorCursor } from "../../src/http/SensorCursor.ts"
import { decodeWindowCursor, encodeWindowCursor } from "../../src/http/WindowCursor.ts"
import { shardCount } from "../../src/schemas/Shards.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("cursors", () => {
  it.prop("of sensors come back as they were", [within(1, shardCount), within(0, 1e12)], ([shard, number]) => {
    assert.deepStrictEqual(decodeSensorCursor(encodeSensorCursor({ shard, number })), { shard, number })
  })

  it.prop("of windows come back as they were, before 1970 too", [within(-1e14, 1e14)], ([start]) => {
    const back = decodeWindowCursor(encodeWindowCursor(start))

    assert.strictEqual(back, start === 0 ? 0 : start)
  })

  it.prop("of late observations come back as they were", [within(-1e14, 1e14), within(0, 999_999_999_999_999)], ([
    receivedAt,
    number
  ]) => {
    assert.deepStrictEqual(decodeLateCursor(encodeLateCursor({ receivedAt, number })), {
      receivedAt: receivedAt === 0 ? 0 : receivedAt,
      number
    })
  })

  it.prop("of anomalies come back as they were", [within(-1e14, 1e14), within(0, 2 ** 31 - 1)], ([opened, number]) => {
    assert.deepStrictEqual(decodeAnomalyCursor(encodeAnomalyCursor({ opened, number })), {
      opened: opened === 0 ? 0 : opened,
      number
    })
  })

  it.prop("are not taken from anything else", [Schema.String], ([text]) => {
    const sensor = decodeSensorCursor(text)
    const window = decodeWindowCursor(text)
    const late = decodeLateCursor(text)

    if (sensor !== undefined) assert.strictEqual(encodeSensorCursor(sensor), text)
    if (window !== undefined) assert.strictEqual(encodeWindowCursor(window), text)
    if (late !== undefined) assert.strictEqual(encodeLateCursor(late), text)
  })

  it("refuse another version, another list, a shard that is none and anything added", () => {
    for (const text of ["s2:1:0", "w1:0", `s1:${shardCount + 1}:0`, "s1:0:0", "s1:1:-1", "s1:1:01", "s1:1:0 ", ""]) {
      assert.isUndefined(decodeSensorCursor(Base64Url.encode(text)), text)
    }
    assert.isUndefined(decodeSensorCursor(`${encodeSensorCursor({ shard: 1, number: 0 })}=`))
    assert.isUndefined(decodeSensorCursor("€"))
    for (const text of ["w2:0", "s1:1:0", "w1:", "w1:1.5", "w1:-0"]) {
      assert.isUndefined(decodeWindowCursor(Base64Url.encode(text)), text)
    }
    for (const text of ["l2:0:0", "w1:0", "l1:0", "l1:0:-1", "l1:0:01", "l1:-0:1", "l1:0:1:2", "l1::1"]) {
      assert.isUndefined(decodeLateCursor(Base64Url.encode(text)), text)
    }
    for (const text of ["a2:0:0", "l1:0:0", "a1:0", "a1:0:-1", "a1:0:01", "a1:-0:1", "a1:0:2147483648", "a1::1"]) {
      assert.isUndefined(decodeAnomalyCursor(Base64Url.encode(text)), text)
    }
  })
})
