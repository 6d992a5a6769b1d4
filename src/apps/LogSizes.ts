/** How large the logs of a city may grow, in files as on NATS servers. */
import type { CitySettings } from "./Settings.ts"

export const MiB = 1024 * 1024

/** Events of the city that stay for those who come back; the oldest go first. At 2 KiB an event half a million. */
export const eventLogBytes = 1024 * MiB

/** Of the observation log, kept whatever its consumers have released. */
export const minRetainedBytes = ({ logLimitBytes }: Pick<CitySettings, "logLimitBytes">): number =>
  Math.min(256 * MiB, Math.floor(logLimitBytes / 4))
