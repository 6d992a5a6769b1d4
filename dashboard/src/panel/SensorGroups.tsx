/** Sensors by kind, each a link with its latest values; long groups are folded. */
import type { Sensor } from "../api/Shapes.ts"
import { delayWords } from "../city/Delay.ts"
import { kindTitles, sensorKind, sensorKinds } from "../city/SensorKinds.ts"
import { propertyTitle, quantity } from "../city/Words.ts"
import { sensorLink } from "../Route.ts"

/** Groups up to this long are open from the start. */
const openMax = 8
/** Values beside a name. */
const valuesMax = 3

const latestWords = ({ latest }: Sensor): string =>
  latest.slice(0, valuesMax).map(({ property, result, unit }) =>
    property === "schedule_delay" ? delayWords(result) : `${propertyTitle(property)} ${quantity(result, unit)}`
  ).join(" · ") || "nothing yet"

export const SensorGroups = ({ sensors }: { readonly sensors: ReadonlyArray<Sensor> }) => {
  if (sensors.length === 0) return <p className="words">No sensor is in this district now.</p>
  return sensorKinds.map((kind) => {
    const ofKind = sensors.filter((sensor) => sensorKind(sensor) === kind)
    return ofKind.length === 0 ? null : (
      <details key={kind} className="group" open={ofKind.length <= openMax}>
        <summary>
          <i className={`dot dot-${kind}`} aria-hidden="true" />
          {kindTitles[kind]} <small>{ofKind.length}</small>
        </summary>
        <ul>
          {ofKind.toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })).map((sensor) => (
            <li key={sensor.id}>
              <a href={sensorLink(sensor.id)} data-sensor={sensor.id}>
                <span>{sensor.name}</span>
                <small>{latestWords(sensor)}</small>
              </a>
            </li>
          ))}
        </ul>
      </details>
    )
  })
}
