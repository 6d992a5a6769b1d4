/** Hours of the week in the zone of a city, as its baselines count them: 0 is Monday 00:00–01:00. */
const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

export const makeHourOfWeek = (timeZone: string): (epochMillis: number) => number => {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", hourCycle: "h23" })
  return (epochMillis) => {
    let day = 0
    let hour = 0
    for (const { type, value } of format.formatToParts(epochMillis)) {
      if (type === "weekday") day = days.indexOf(value)
      if (type === "hour") hour = Number(value)
    }
    return day * 24 + hour
  }
}
