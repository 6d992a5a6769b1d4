/** Events of the city as CloudEvents JSON. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type CityEvent, CloudEvent, districtSource, encodeCityEvent, eventTypes } from "../../src/schemas/CityEvent.ts"

const event: CityEvent = {
  id: "quality:kallio:2026-11-24T10:05:00.000Z:r0",
  type: "quality",
  district: "kallio",
  time: Date.UTC(2026, 10, 24, 10, 5),
  source: districtSource("kallio"),
  data: { index: 71.3 }
}

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(CloudEvent), { onExcessProperty: "error" })

describe("an event of the city", () => {
  it("is CloudEvents 1.0 in JSON, byte for byte", () => {
    assert.strictEqual(
      encodeCityEvent(event),
      '{"specversion":"1.0","id":"quality:kallio:2026-11-24T10:05:00.000Z:r0","source":"/v1/districts/kallio",'
        + '"type":"vicinity.quality","subject":"kallio","time":"2026-11-24T10:05:00.000Z",'
        + '"datacontenttype":"application/json","district":"kallio","data":{"index":71.3}}'
    )
  })

  it("of a sensor names it as its subject and beside its district", () => {
    const id = "bus/22 é"
    const decoded = decode(encodeCityEvent({ ...event, type: "anomaly", sensor: id, source: districtSource(id) }))

    assert.deepStrictEqual([decoded.subject, decoded.sensor, decoded.district], [id, id, "kallio"])
    assert.strictEqual(decoded.source, "/v1/districts/bus%2F22%20%C3%A9")
  })

  it("of no district has neither district nor subject", () => {
    const decoded = decode(encodeCityEvent({ ...event, type: "model", district: "", data: undefined }))

    assert.notProperty(decoded, "subject")
    assert.notProperty(decoded, "district")
    assert.isNull(decoded.data)
  })

  it("of each type is what the schema says, on one line", () => {
    for (const type of eventTypes) {
      const json = encodeCityEvent({ ...event, type, data: { text: "a\nb\r\nc" } })

      assert.strictEqual(decode(json).type, `vicinity.${type}`)
      assert.notMatch(json, /[\r\n]/)
    }
  })
})
