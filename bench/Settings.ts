/** Settings of a city that is measured: the defaults, on a folder of the benchmark's own. */
import { Effect } from "effect"
import { type CitySettings, defaultSettings } from "../src/apps/Settings.ts"

export const settingsOf = (data: string): CitySettings => ({
  ...Effect.runSync(defaultSettings),
  source: "none",
  port: 0,
  data
})
