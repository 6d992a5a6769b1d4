/**
 * How a vehicle stands to its timetable. On time is at most 1 min early and 5 min late, as the server counts it
 * (TCRP Report 165, Transit Capacity and Quality of Service Manual, 3rd ed., §5).
 */
export type Punctuality = "early" | "on-time" | "late" | "unknown"

const earlySeconds = -60
const lateSeconds = 300

export const punctualityOf = (delaySeconds: number | undefined): Punctuality =>
  delaySeconds === undefined
    ? "unknown"
    : delaySeconds < earlySeconds
    ? "early"
    : delaySeconds > lateSeconds
    ? "late"
    : "on-time"

/** "on time", "3 min late", "2 min early". */
export const delayWords = (delaySeconds: number | undefined): string => {
  if (delaySeconds === undefined) return "no delay known"
  const minutes = Math.round(Math.abs(delaySeconds) / 60)
  if (minutes === 0) return "on time"
  return `${minutes} min ${delaySeconds < 0 ? "early" : "late"}`
}
