/** Where a list of anomalies goes on: behind the last one shown. Promise: opaque and versioned; stable while anomalies are added. */
import { Result } from "effect"
import { Base64Url } from "effect/encoding"
import type { AnomalyPlace } from "../ports/AnomalyStore.ts"

const pattern = /^a1:(-?\d{1,15}):(\d{1,10})$/

export const encodeAnomalyCursor = ({ number, opened }: AnomalyPlace): string =>
  Base64Url.encode(`a1:${opened}:${number}`)

/** `undefined` for what `encodeAnomalyCursor` has not made. */
export const decodeAnomalyCursor = (text: string): AnomalyPlace | undefined => {
  const match = pattern.exec(Result.getOrElse(Base64Url.decodeString(text), () => ""))
  const place = match === null ? undefined : { opened: Number(match[1]), number: Number(match[2]) }
  return place !== undefined && place.number < 2 ** 31 && encodeAnomalyCursor(place) === text ? place : undefined
}
