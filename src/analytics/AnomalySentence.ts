/** An anomaly in one sentence or two for people: what was observed, what was expected, how it ended. */
import type { AnomalyRevision } from "../schemas/Anomaly.ts"
import { observedProperties } from "../schemas/ObservedProperties.ts"

const propertyWords: Readonly<Record<string, string>> = {
  pm2_5: "PM2.5",
  pm10: "PM10",
  no2: "NO₂",
  o3: "O₃",
  so2: "SO₂",
  co: "CO"
}

/** Of UCUM codes that are not what people write. */
const unitWords: Readonly<Record<string, string>> = {
  "ug/m3": " µg/m³",
  "mg/m3": " mg/m³",
  "1/h": " an hour",
  "1": "",
  Cel: " °C",
  "%": " %",
  deg: "°"
}

const numberWords = (value: number): string => Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1)

const spanWords = (millis: number): string => {
  const minutes = Math.max(1, Math.round(millis / 60_000))
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}

const endingWords = ({ closed, ending, opened }: Omit<AnomalyRevision, "sentence">): string =>
  closed === null || ending === null
    ? ""
    : ending === "over"
    ? ` As expected again after ${spanWords(closed - opened)}.`
    : ending === "silent"
    ? " Then nothing came any more."
    : " The observation was corrected since."

export const anomalySentence = (anomaly: Omit<AnomalyRevision, "sentence">): string => {
  const { name = "", unit = "" } = observedProperties[anomaly.property] ?? {}
  const words = propertyWords[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll("_", " ")}`
  const suffix = unitWords[unit] ?? ` ${unit}`
  const expected = `${numberWords(anomaly.low)} to ${numberWords(anomaly.high)}${suffix}`
  return `${words} was ${numberWords(anomaly.observed)}${suffix} where ${expected} was expected.${endingWords(anomaly)}`
}
