/** Local times of recordings: patterns, zones, and the two hours a year that are skipped or exist twice. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isTimeFormat, timeReader, zoneConverter } from "../../src/ingest/LocalTime.ts"

const iso = (millis: number): string => Number.isNaN(millis) ? "none" : new Date(millis).toISOString()

describe("local times", () => {
  it.each([
    ["DD/MM/YYYY HH.mm.ss", "Europe/Rome", "10/03/2004 18.00.00", "2004-03-10T17:00:00.000Z"],
    ["DD-MM-YYYY HH:mm", "America/Chicago", "02-10-2012 09:00", "2012-10-02T14:00:00.000Z"],
    ["YYYY MM DD HH", "Asia/Shanghai", "2010 1 2 0", "2010-01-01T16:00:00.000Z"],
    ["YYYY-MM-DD", "UTC", "2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["rfc3339", "UTC", " 2016-11-24T00:00:51-06:00", "2016-11-24T06:00:51.000Z"],
    ["epoch-seconds", "UTC", "1330588800", "2012-03-01T08:00:00.000Z"],
    ["epoch-seconds", "UTC", "1330588800.25", "2012-03-01T08:00:00.250Z"],
    ["epoch-millis", "UTC", "1330588800000", "2012-03-01T08:00:00.000Z"],
    ["DD/MM/YYYY HH.mm.ss", "Europe/Rome", "31/02/2004 18.00.00", "none"],
    ["DD/MM/YYYY HH.mm.ss", "Europe/Rome", "10/03/2004 24.00.00", "none"],
    ["DD/MM/YYYY HH.mm.ss", "Europe/Rome", "10/03/2004 18.00.00 x", "none"],
    ["DD/MM/YYYY HH.mm.ss", "Europe/Rome", "", "none"],
    ["epoch-seconds", "UTC", "soon", "none"]
  ])("in %s at %s: %s is %s", (format, zone, text, expected) => {
    assert.strictEqual(iso(timeReader(format, zone)(text)), expected)
  })

  // Helsinki, 29 March 2026:  01:00   02:00   [03:00 … 04:00 skipped]   04:00
  //                       UTC 23:00   00:00            01:00            01:00
  it("in the hour that is skipped are moved forward by it", () => {
    const read = timeReader("YYYY-MM-DDTHH:mm:ss", "Europe/Helsinki")

    assert.strictEqual(iso(read("2026-03-29T02:59:59")), "2026-03-29T00:59:59.000Z")
    assert.strictEqual(iso(read("2026-03-29T03:00:00")), "2026-03-29T01:00:00.000Z")
    assert.strictEqual(iso(read("2026-03-29T03:59:59")), "2026-03-29T01:59:59.000Z")
    assert.strictEqual(iso(read("2026-03-29T04:00:00")), "2026-03-29T01:00:00.000Z")
  })

  // Helsinki, 25 October 2026: [03:00 … 04:00] first at +03:00, then again at +02:00
  it("in the hour that exists twice are in the first of the two", () => {
    const read = timeReader("YYYY-MM-DDTHH:mm:ss", "Europe/Helsinki")

    assert.strictEqual(iso(read("2026-10-25T02:59:59")), "2026-10-24T23:59:59.000Z")
    assert.strictEqual(iso(read("2026-10-25T03:00:00")), "2026-10-25T00:00:00.000Z")
    assert.strictEqual(iso(read("2026-10-25T03:59:59")), "2026-10-25T00:59:59.000Z")
    assert.strictEqual(iso(read("2026-10-25T04:00:00")), "2026-10-25T02:00:00.000Z")
  })

  const zones = [
    "America/Los_Angeles",
    "Europe/Helsinki",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns"
  ] as const
  it.prop("name an instant at which clocks there show them, wherever they show them at all", [
    Schema.Literals(zones),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000_000 }))
  ], ([zone, seconds]) => {
    // The instant's local time, told by the platform, back to an instant.
    const parts = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "medium"
    }).format(seconds * 1000)
    const local = Date.parse(`${parts.replace(" ", "T")}Z`)

    const back = zoneConverter(zone)(local)

    // Where the hour exists twice, the first: an hour (Lord Howe: half an hour) earlier at most.
    const earlier = seconds * 1000 - back
    assert.include([0, 1_800_000, 3_600_000, 7_200_000], earlier)
    const again = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(
      back
    )
    assert.strictEqual(again, parts)
  }, { arbitrary: { runs: 300 } })

  it("have formats that are told from texts that are none", () => {
    for (const format of ["rfc3339", "epoch-millis", "YYYY-MM-DD", "DD.MM.YYYY HH:mm"]) {
      assert.isTrue(isTimeFormat(format))
    }
    for (const format of ["", "iso", "HH:mm", "YYYY-MM", "YYYY-MM-DD DD"]) assert.isFalse(isTimeFormat(format))
  })
})
