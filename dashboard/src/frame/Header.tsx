/** The top line: whose page this is, what time it is in the city, how much is seen, and whether it is live. */
import { useCity } from "../city/CityStore.ts"
import { count } from "../city/Words.ts"
import { cityLink } from "../Route.ts"
import { cityClock, cityVersion } from "./CityFacts.ts"
import { LivePill } from "./LivePill.tsx"
import { useNow } from "./Now.ts"

const Clock = () => {
  const now = useNow()
  return (
    <time className="clock" dateTime={new Date(now).toISOString()} title={`Time in ${cityClock.timeZone}`}>
      <span className="clock-day">{cityClock.day(now)}</span>
      <b>{cityClock.minutes(now)}</b>
      <span className="clock-zone">{cityClock.timeZone.split("/").at(-1)?.replaceAll("_", " ")}</span>
    </time>
  )
}

const Counts = () => {
  const districts = useCity((city) => city.districts.size)
  const sensors = useCity((city) => city.sensors.length + city.vehicles.length)
  const vehicles = useCity((city) => city.vehicles.length)
  const isCut = useCity((city) => city.areSensorsCut)
  const loading = useCity((city) => city.sensorsLoading)
  const sensorWords = loading.is === "loading"
    ? "sensors are loading …"
    : loading.is === "refused"
    ? `no sensors: ${loading.sentence}`
    : loading.is === "waiting" && sensors === 0
    ? `sensors: ${loading.sentence}`
    : isCut
    ? `more than ${sensors.toLocaleString("en-GB")} sensors`
    : count(sensors, "sensor", "sensors")
  return (
    <ul className="counts" aria-label="In the city">
      <li>{count(districts, "district", "districts")}</li>
      <li>{sensorWords}</li>
      {loading.is === "loading" ? null : <li>{count(vehicles, "vehicle", "vehicles")}</li>}
    </ul>
  )
}

export const Header = () => (
  <header className="header">
    <a className="brand" href={cityLink} title={`Vicinity ${cityVersion}`}>
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
        <path d="M16 3.5 27 9.8v12.4L16 28.5 5 22.2V9.8z" fill="none" stroke="currentColor" strokeWidth="2.4" />
        <circle cx="16" cy="16" r="4.6" className="brand-dot" />
      </svg>
      <h1>Vicinity</h1>
    </a>
    <Counts />
    <div className="header-end">
      <a className="quiet" href="/docs">API</a>
      <Clock />
      <LivePill />
    </div>
  </header>
)
