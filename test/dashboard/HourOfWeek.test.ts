/** The page and the server count hours of the week alike, or the band of a chart would be that of another hour. */
import { assert, describe, it } from "@effect/vitest"
import { makeHourOfWeek } from "../../dashboard/src/city/HourOfWeek.ts"
import { cityTime, hourOfWeek, localHour } from "../../src/analytics/CityTime.ts"

describe("hours of the week", () => {
  for (const timeZone of ["Europe/Helsinki", "America/Chicago", "Asia/Kathmandu", "UTC"]) {
    it(`are those of the server in ${timeZone}, at the change of summer time too`, () => {
      const ours = makeHourOfWeek(timeZone)
      const { offset } = cityTime(timeZone)

      for (let hour = 0; hour < 24 * 366; hour += 5) {
        const at = Date.UTC(2026, 0, 1, hour, 17)
        assert.strictEqual(ours(at), hourOfWeek(localHour(at, offset(at))), new Date(at).toISOString())
      }
    })
  }
})
