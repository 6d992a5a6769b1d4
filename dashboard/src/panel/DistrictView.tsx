/** One district: its index and why, what was measured there, and its sensors. */
import { getPages } from "../api/CityClient.ts"
import type { District, Sensor } from "../api/Shapes.ts"
import { useAsked } from "../city/Asked.ts"
import { useCity } from "../city/CityStore.ts"
import { qualityClass } from "../city/QualityScale.ts"
import { count, percent, propertyTitle, quantity } from "../city/Words.ts"
import { cityClock } from "../frame/CityFacts.ts"
import { useNow } from "../frame/Now.ts"
import { cityLink } from "../Route.ts"
import { BackLink, ViewTitle } from "./BackLink.tsx"
import { IndexBadge } from "./IndexBadge.tsx"
import { LoadingWords } from "./LoadingWords.tsx"
import { QualityBar } from "./QualityBar.tsx"
import { QualityHistory } from "./QualityHistory.tsx"
import { QualityPartList } from "./QualityPartList.tsx"
import { SensorGroups } from "./SensorGroups.tsx"

const sensorsEveryMillis = 30_000
const sensorPagesMax = 3

const WhenOf = ({ district }: { readonly district: District }) => {
  const now = useNow()
  const { revision } = district
  if (district.start === null || district.end === null || revision === null) return null
  const [start, end] = [Date.parse(district.start), Date.parse(district.end)]
  return (
    <p className="muted">
      {cityClock.near(start, now)} to {cityClock.minutes(end)}, {district.final ? "final" : "provisional"}
      {revision > 0 ? `, revised ${count(revision, "time", "times")}` : ""}
    </p>
  )
}

const QualityOf = ({ district }: { readonly district: District }) => {
  const { quality } = district
  if (quality === null) {
    return (
      <p className="words">
        The quality of life is not known here yet: nothing that counts for it has been observed in the last hour.
      </p>
    )
  }
  return (
    <>
      <div className="quality">
        <IndexBadge quality={quality} isLarge />
        <div>
          <p className="quality-class">{qualityClass(quality.index).name}</p>
          <p className="muted">{percent(quality.confidence)} sure</p>
        </div>
      </div>
      <p className="sentence">{quality.sentence}</p>
      <QualityBar quality={quality} />
      <h3>What it is made of</h3>
      <QualityPartList quality={quality} />
    </>
  )
}

const Properties = ({ district }: { readonly district: District }) =>
  district.properties.length === 0 ? null : (
    <>
      <h3>Measured in the last hour</h3>
      <dl className="facts">
        {district.properties.map(({ mean, property, sensors, unit }) => (
          <div key={property}>
            <dt>{propertyTitle(property)}</dt>
            <dd>
              {Number.isFinite(mean) ? quantity(mean, unit) : "–"} <small>{count(sensors, "sensor", "sensors")}</small>
            </dd>
          </div>
        ))}
      </dl>
    </>
  )

const SensorsOf = ({ id }: { readonly id: string }) => {
  const path = `/v1/sensors?district=${encodeURIComponent(id)}&limit=1000`
  const sensors = useAsked(
    path,
    (signal, onTrouble) => getPages<Sensor>(path, sensorPagesMax, { signal, onTrouble }),
    sensorsEveryMillis
  )
  return (
    <>
      <h3>
        Sensors{" "}
        {sensors.is === "ready" ? <small>{sensors.value.items.length}{sensors.value.isCut ? "+" : ""}</small> : null}
      </h3>
      {sensors.is === "ready"
        ? <SensorGroups sensors={sensors.value.items} />
        : <LoadingWords loading={sensors} what="sensors" />}
    </>
  )
}

export const DistrictView = ({ id }: { readonly id: string }) => {
  const district = useCity((city) => city.districts.get(id))
  const loading = useCity((city) => city.districtsLoading)
  return (
    <>
      <BackLink href={cityLink} title="All districts" />
      {district === undefined
        ? loading.is === "ready"
          ? <p className="words" role="alert">There is no district “{id}” in this city.</p>
          : <LoadingWords loading={loading} what="districts" />
        : (
          <>
            <ViewTitle title={district.name} />
            <WhenOf district={district} />
            {district.incidents > 0
              ? <p className="tag">{count(district.incidents, "incident", "incidents")}</p>
              : null}
            <QualityOf district={district} />
            {district.end === null ? null : <QualityHistory id={id} end={district.end} />}
            <Properties district={district} />
            <SensorsOf id={id} />
          </>
        )}
    </>
  )
}
