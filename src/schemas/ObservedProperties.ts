/**
 * The observed properties Vicinity understands: the unit in which a result is kept (UCUM), what is plausible, how values
 * are summarized, which thresholds are counted, and how long a window waits for stragglers.
 * Promise: a property is added, never renumbered or re-united, because its number is written into state and logs stay
 * readable for ever.
 */
import { Schema } from "effect"

/**
 * How many values become one.
 * - `arithmetic`: the mean.
 * - `count`: as arithmetic; the sum (mean × count) has a meaning too.
 * - `energy`: levels in decibels; the mean is 10·log10(mean(10^(L/10))) (ISO 1996-1:2016, 3.1.7, equivalent continuous level).
 * - `circular`: directions in degrees; the mean is that of unit vectors (Mardia & Jupp 2000, eq. 2.2.4).
 */
export type Aggregation = "arithmetic" | "count" | "energy" | "circular"

export interface ObservedProperty {
  readonly name: string
  /** Position in the catalogue; part of stored state. */
  readonly number: number
  readonly description: string
  /** UCUM code of the unit in which results are kept. */
  readonly unit: string
  /** Results outside this closed range are rejected as `implausible`. */
  readonly plausible: { readonly min: number; readonly max: number }
  readonly aggregation: Aggregation
  /** Limits whose exceedance a district counts, in the kept unit, ascending. Sources beside each. */
  readonly thresholds: ReadonlyArray<number>
  /** How long after the newest observation a window stays open for older ones. */
  readonly latenessMillis: number
  /**
   * A deviation from what is expected that is never worth a word, in the kept unit, however steady a sensor is: the resolution of usual
   * instruments and what people do not feel. Three times it may be an anomaly. Ours.
   */
  readonly reachMin: number
}

const minutes = (n: number): number => n * 60_000

type Row = readonly [
  name: string,
  description: string,
  unit: string,
  min: number,
  max: number,
  aggregation: Aggregation,
  thresholds: ReadonlyArray<number>,
  latenessMillis: number,
  reachMin: number
]

const rows: ReadonlyArray<Row> = [
  [
    "vehicle_speed",
    "Mean speed of vehicles passing a detector, or of one vehicle",
    "km/h",
    0,
    300,
    "arithmetic",
    [],
    minutes(5),
    5
  ],
  ["vehicle_flow", "Vehicles per hour passing a detector", "1/h", 0, 20_000, "arithmetic", [], minutes(5), 120],
  ["occupancy", "Share of time a detector is covered", "%", 0, 100, "arithmetic", [], minutes(5), 4],
  // On time: at most 1 min early and 5 min late (TCRP Report 165, Transit Capacity and Quality of Service Manual, 3rd ed., §5).
  [
    "schedule_delay",
    "Lateness against the timetable, negative when early",
    "s",
    -7_200,
    86_400,
    "arithmetic",
    [-60, 300],
    minutes(5),
    120
  ],
  // Upper bounds of the European Air Quality Index "good" and "fair" bands and the 24 h WHO 2021 guideline come with the index (Step 2).
  ["pm2_5", "Particulate matter ≤ 2.5 µm", "ug/m3", 0, 1_000, "arithmetic", [15, 25], minutes(5), 5],
  ["pm10", "Particulate matter ≤ 10 µm", "ug/m3", 0, 2_000, "arithmetic", [45, 50], minutes(5), 10],
  ["no2", "Nitrogen dioxide", "ug/m3", 0, 2_000, "arithmetic", [25, 200], minutes(5), 15],
  ["o3", "Ozone", "ug/m3", 0, 1_000, "arithmetic", [100, 180], minutes(5), 15],
  ["so2", "Sulphur dioxide", "ug/m3", 0, 5_000, "arithmetic", [40, 350], minutes(5), 10],
  ["co", "Carbon monoxide", "mg/m3", 0, 200, "arithmetic", [4, 10], minutes(5), 0.5],
  // Road traffic Lden 53 dB and Lnight 45 dB: WHO Environmental Noise Guidelines for the European Region, 2018, §3.1.
  ["noise", "Sound pressure level, A-weighted", "dB", 0, 160, "energy", [45, 53], minutes(5), 4],
  ["temperature", "Air temperature", "Cel", -80, 65, "arithmetic", [], minutes(5), 1.5],
  ["relative_humidity", "Relative humidity of the air", "%", 0, 105, "arithmetic", [], minutes(5), 5],
  ["wind_speed", "Wind speed", "m/s", 0, 120, "arithmetic", [], minutes(5), 2],
  [
    "wind_direction",
    "Direction the wind comes from, clockwise from north",
    "deg",
    0,
    360,
    "circular",
    [],
    minutes(5),
    30
  ],
  // Three times the smallest reach is heavy rain: above 7.6 mm/h (American Meteorological Society, Glossary of Meteorology, "rain").
  ["precipitation", "Precipitation intensity", "mm/h", 0, 500, "arithmetic", [], minutes(5), 2.5],
  ["passenger_count", "Passengers on board or passing", "1", 0, 100_000, "count", [], minutes(5), 10],
  [
    "headway",
    "Time since the vehicle before it of the same line and direction left the stop",
    "s",
    0,
    86_400,
    "arithmetic",
    [],
    minutes(5),
    180
  ]
]

/** All properties, by number. */
export const observedProperties: ReadonlyArray<ObservedProperty> = rows.map(
  ([name, description, unit, min, max, aggregation, thresholds, latenessMillis, reachMin], number) => ({
    name,
    number,
    description,
    unit,
    plausible: { min, max },
    aggregation,
    thresholds,
    latenessMillis,
    reachMin
  })
)

const aggregations = observedProperties.map(({ aggregation }) => aggregation)

/** How values of the property of a number become one. */
export const aggregationOf = (property: number): Aggregation => aggregations[property] as Aggregation

const byName = new Map(observedProperties.map((property) => [property.name, property]))

/** The property of a name, or `undefined`. */
export const observedProperty = (name: string): ObservedProperty | undefined => byName.get(name)

export const PropertyName = Schema.Literals(rows.map(([name]) => name)).pipe(Schema.brand("PropertyName"))
export type PropertyName = typeof PropertyName.Type
