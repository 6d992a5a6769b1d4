/** One sensor: its latest values, and for each property the last day with what is normal. */
import { getJson } from "../api/CityClient.ts"
import type { SensorDetail } from "../api/Shapes.ts"
import { DatastreamChart } from "../chart/DatastreamChart.tsx"
import { useAsked } from "../city/Asked.ts"
import { useCity } from "../city/CityStore.ts"
import { kindNames, sensorKind } from "../city/SensorKinds.ts"
import { cityLink, districtLink } from "../Route.ts"
import { BackLink, ViewTitle } from "./BackLink.tsx"
import { LoadingWords } from "./LoadingWords.tsx"

const everyMillis = 10_000

export const SensorView = ({ id }: { readonly id: string }) => {
  const path = `/v1/sensors/${encodeURIComponent(id)}`
  const sensor = useAsked(
    path,
    (signal, onTrouble) => getJson<SensorDetail>(path, { signal, onTrouble }),
    everyMillis
  )
  const district = sensor.is === "ready" ? sensor.value.district : null
  const districtName = useCity((city) => district === null ? undefined : city.districts.get(district)?.name ?? district)
  if (sensor.is !== "ready") {
    return (
      <>
        <BackLink href={cityLink} title="All districts" />
        <LoadingWords loading={sensor} what="sensor" />
      </>
    )
  }
  const { datastreams, health, latest, name } = sensor.value
  return (
    <>
      {district === null
        ? <BackLink href={cityLink} title="All districts" />
        : <BackLink href={districtLink(district)} title={districtName ?? district} />}
      <ViewTitle title={name} />
      <p className="muted">
        {kindNames[sensorKind(sensor.value)]} · <code>{id}</code>
        {health === "ok" ? "" : ` · ${health}`}
      </p>
      {datastreams.length === 0 ? <p className="words">It has not reported anything yet.</p> : null}
      {latest.map((value) => <DatastreamChart key={value.property} sensorId={id} latest={value} />)}
    </>
  )
}
