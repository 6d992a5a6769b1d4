/**
 * Units of measurement by UCUM code, and the conversion of a result into the unit its property is kept in.
 * Promise: every conversion is affine, `kept = result × factor + offset`, exact constants from the sources named.
 */

export interface Conversion {
  readonly factor: number
  readonly offset: number
}

const identity: Conversion = { factor: 1, offset: 0 }
const scale = (factor: number): Conversion => ({ factor, offset: 0 })

/** Exact: international mile 1,609.344 m, knot 1,852 m/h (BIPM, SI Brochure 9th ed., table 8 and NIST SP 811). */
const table: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  "km/h": { "m/s": scale(3.6), "[mi_i]/h": scale(1.609344), "[kn_i]": scale(1.852) },
  "m/s": { "km/h": scale(1 / 3.6), "[mi_i]/h": scale(0.44704), "[kn_i]": scale(1852 / 3600) },
  "1/h": { "1/min": scale(60), "1/s": scale(3600) },
  "%": { "1": scale(100) },
  "s": { "ms": scale(0.001), "min": scale(60), "h": scale(3600) },
  "ug/m3": { "mg/m3": scale(1000), "ng/m3": scale(0.001) },
  "mg/m3": { "ug/m3": scale(0.001) },
  "Cel": { "K": { factor: 1, offset: -273.15 }, "[degF]": { factor: 5 / 9, offset: -160 / 9 } },
  "mm/h": { "mm/min": scale(60), "m/s": scale(3_600_000) },
  "deg": { "rad": scale(180 / Math.PI) },
  "dB": { "B[SPL]": scale(10) },
  "1": {}
}

/** Spellings people send for a UCUM code. */
const aliases: ReadonlyMap<string, string> = new Map(Object.entries({
  "mph": "[mi_i]/h",
  "mi/h": "[mi_i]/h",
  "kmh": "km/h",
  "kph": "km/h",
  "kn": "[kn_i]",
  "µg/m³": "ug/m3",
  "μg/m³": "ug/m3",
  "µg/m3": "ug/m3",
  "μg/m3": "ug/m3",
  "ug/m³": "ug/m3",
  "mg/m³": "mg/m3",
  "°C": "Cel",
  "C": "Cel",
  "°F": "[degF]",
  "veh/h": "1/h",
  "dB(A)": "dB",
  "°": "deg"
}))

/** The UCUM code of a unit as sent. */
export const ucum = (unit: string): string => aliases.get(unit) ?? unit

/** How a result in `from` (UCUM or an alias) becomes one in `kept` (UCUM), or `undefined` where it cannot. */
export const conversion = (from: string, kept: string): Conversion | undefined => {
  const code = ucum(from)
  if (code === kept) return identity
  const conversions = table[kept]
  return conversions !== undefined && Object.hasOwn(conversions, code) ? conversions[code] : undefined
}

/** Units accepted for a property kept in `kept`, for messages. */
export const convertibleUnits = (kept: string): ReadonlyArray<string> => [kept, ...Object.keys(table[kept] ?? {})]
