/** Settings of a city that is measured: the defaults, on a folder of the benchmark's own. */
import { Duration } from "effect"
import type { CitySettings } from "../src/apps/Settings.ts"

export const settingsOf = (data: string): CitySettings => ({
  port: 0,
  host: "127.0.0.1",
  data,
  timeZone: undefined,
  replay: undefined,
  mapping: undefined,
  speed: "max",
  latenessMillis: {},
  idleTimeout: Duration.minutes(1),
  commitInterval: Duration.seconds(5),
  logLimitBytes: 8 * 2 ** 30
})
