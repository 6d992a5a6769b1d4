/** Which events a subscriber wants: all that it names must hold; what it does not name is not looked at. Plain and pure. */
import type { LoggedEvent } from "../ports/EventLog.ts"
import type { EventType } from "../schemas/CityEvent.ts"

export interface LiveEventFilter {
  readonly district: string | undefined
  readonly sensor: string | undefined
  readonly types: ReadonlySet<EventType> | undefined
  /** The same for filters that let the same through. */
  readonly key: string
}

export const liveEventFilter = (
  wanted: {
    readonly district?: string | undefined
    readonly sensor?: string | undefined
    readonly types?: ReadonlyArray<EventType> | undefined
  }
): LiveEventFilter => {
  const { district, sensor, types } = wanted
  return {
    district,
    sensor,
    types: types === undefined ? undefined : new Set(types),
    key: JSON.stringify([district ?? null, sensor ?? null, types?.toSorted() ?? null])
  }
}

export const letsThrough = (
  filter: LiveEventFilter,
  event: Pick<LoggedEvent, "district" | "sensor" | "type">
): boolean =>
  (filter.district === undefined || filter.district === event.district)
  && (filter.sensor === undefined || filter.sensor === event.sensor)
  && (filter.types === undefined || filter.types.has(event.type))
