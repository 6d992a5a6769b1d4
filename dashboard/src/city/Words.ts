/** Numbers, units, properties and times as people read them. Times are those of the city, not of the browser. */
const unitSigns: Readonly<Record<string, string>> = {
  "ug/m3": "µg/m³",
  "mg/m3": "mg/m³",
  Cel: "°C",
  deg: "°",
  "1/h": "per hour",
  "1": ""
}

/** The sign of a UCUM code. */
export const unitSign = (unit: string): string => unitSigns[unit] ?? unit

const propertyTitles: Readonly<Record<string, string>> = {
  vehicle_speed: "Speed",
  vehicle_flow: "Vehicle flow",
  occupancy: "Occupancy",
  schedule_delay: "Delay",
  headway: "Headway",
  pm2_5: "PM2.5",
  pm10: "PM10",
  no2: "NO₂",
  o3: "Ozone",
  so2: "SO₂",
  co: "Carbon monoxide",
  noise: "Noise",
  temperature: "Temperature",
  relative_humidity: "Humidity",
  wind_speed: "Wind speed",
  wind_direction: "Wind direction",
  precipitation: "Precipitation",
  passenger_count: "Passengers"
}

export const propertyTitle = (property: string): string =>
  propertyTitles[property] ?? property.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase())

/** Three digits at most, as a person would say it; a true minus sign. */
export const amount = (value: number): string => {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const rounded = Number(value.toFixed(digits))
  return new Intl.NumberFormat("en-GB", { maximumFractionDigits: digits }).format(rounded === 0 ? 0 : rounded)
    .replace("-", "−")
}

export const quantity = (value: number, unit: string): string => {
  const sign = unitSign(unit)
  return sign === "" ? amount(value) : `${amount(value)}${sign === "°" ? "" : " "}${sign}`
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`

/** Points of the index with their sign: −18.1. */
export const points = (value: number): string => {
  const text = Math.abs(value).toFixed(1)
  return text === "0.0" ? "0" : `${value < 0 ? "−" : "+"}${text}`
}

export const count = (n: number, one: string, many: string): string =>
  `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`

export interface CityClock {
  readonly timeZone: string
  /** 11:05 */
  readonly minutes: (epochMillis: number) => string
  /** 11:05:32 */
  readonly seconds: (epochMillis: number) => string
  /** Tue 24 Nov */
  readonly day: (epochMillis: number) => string
  /** 11:05, with the day when it is not the day of `now`. */
  readonly near: (epochMillis: number, now: number) => string
}

export const makeCityClock = (timeZone: string): CityClock => {
  const format = (options: Intl.DateTimeFormatOptions) => {
    const made = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...options })
    return (epochMillis: number) => made.format(epochMillis).replace(",", "")
  }
  const minutes = format({ hour: "2-digit", minute: "2-digit" })
  const day = format({ weekday: "short", day: "numeric", month: "short" })
  const dayAndYear = format({ day: "numeric", month: "short", year: "numeric" })
  return {
    timeZone,
    minutes,
    seconds: format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    day,
    near: (epochMillis, now) => {
      if (day(epochMillis) === day(now) && Math.abs(now - epochMillis) < 86_400_000) return minutes(epochMillis)
      const isNear = Math.abs(now - epochMillis) < 300 * 86_400_000
      return `${isNear ? day(epochMillis) : dayAndYear(epochMillis)} ${minutes(epochMillis)}`
    }
  }
}
