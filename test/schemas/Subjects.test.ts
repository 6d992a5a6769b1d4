import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { eventTypes } from "../../src/schemas/CityEvent.ts"
import { idProblem } from "../../src/schemas/Identifiers.ts"
import { eventSubject, noDistrictToken, parseEventSubject } from "../../src/schemas/Subjects.ts"

const Id = Schema.Union([
  Schema.Literals(["tram/4 ä", "a.b.c", "*", ">", "%2F", "%", "@none", "🌡️", "...", "$JS.API", "Kehä I"]),
  Schema.NonEmptyString
]).check(Schema.makeFilter((text: string) => idProblem(text)))

describe("subjects of events", () => {
  it.prop(
    "say type, district and sensor of any event, in tokens that NATS takes",
    [Schema.Literals(eventTypes), Id, Id],
    ([type, district, sensor]) => {
      for (
        const place of [{ type, district, sensor }, { type, district, sensor: "" }, { type, district: "", sensor }]
      ) {
        const subject = eventSubject("city", place)

        assert.match(subject, /^city(\.[\w%~@-]+)+$/)
        assert.strictEqual(subject.split(".").length, place.sensor === "" ? 4 : 5)
        assert.deepStrictEqual(parseEventSubject("city", subject), place)
      }
    }
  )

  it("have a token of no district that no district can have", () => {
    const named = eventSubject("city", { type: "window", district: noDistrictToken, sensor: "" })

    assert.strictEqual(eventSubject("city", { type: "model", district: "", sensor: "" }), "city.events.model.@none")
    assert.strictEqual(named, "city.events.window.%40none")
  })

  it("of something else are none", () => {
    const others = [
      "city.in.a",
      "other.events.window.a",
      "city.events.reading.a",
      "city.events.window",
      "city.events.window."
    ]

    for (const subject of [...others, "city.events.window.a.b.c", "city.events.window.%zz", "city.events.window.a."]) {
      assert.isUndefined(parseEventSubject("city", subject), subject)
    }
  })
})
