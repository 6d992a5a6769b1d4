/** The map as a part of the page: gives it what is known, and follows what is opened on it. */
import { useEffect, useRef, useState } from "react"
import { cityStore, useCity } from "../city/CityStore.ts"
import { delayWords } from "../city/Delay.ts"
import { qualityClass } from "../city/QualityScale.ts"
import { propertyTitle, quantity } from "../city/Words.ts"
import { districtLink, type Route, sensorLink } from "../Route.ts"
import { latestResult } from "./Features.ts"
import { Legend } from "./Legend.tsx"
import type { Target } from "./MapPointer.ts"
import { makeMapView, type MapView } from "./MapView.ts"

/** What the pointer is told. */
const wordsOf = ({ id, layer }: Target): string | undefined => {
  const { districts, sensors, vehicles } = cityStore.get()
  if (layer === "districts") {
    const district = districts.get(id)
    if (district === undefined) return undefined
    const { name, quality } = district
    return quality === null
      ? `${name}: not known yet`
      : `${name}: ${quality.index.toFixed(0)}, ${qualityClass(quality.index).name}`
  }
  const sensor = (layer === "vehicles" ? vehicles : sensors).find((each) => each.id === id)
  if (sensor === undefined) return undefined
  if (layer === "vehicles") return `${sensor.name}: ${delayWords(latestResult(sensor, "schedule_delay"))}`
  const values = sensor.latest.slice(0, 2).map(({ property, result, unit }) =>
    `${propertyTitle(property)} ${quantity(result, unit)}`
  )
  return [sensor.name, ...values].join(" · ")
}

const open = ({ id, layer }: Target): void => {
  window.location.hash = layer === "districts" ? districtLink(id) : sensorLink(id)
}

export default function CityMap({ route }: { readonly route: Route }) {
  const container = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<MapView>()
  const districts = useCity((city) => city.districts)
  const sensors = useCity((city) => city.sensors)
  const vehicles = useCity((city) => city.vehicles)

  useEffect(() => {
    if (container.current === null) return
    const made = makeMapView(container.current, { onOpen: open, words: wordsOf })
    setView(made)
    return () => {
      setView(undefined)
      made.remove()
    }
  }, [])
  useEffect(() => view?.showDistricts(districts), [view, districts])
  useEffect(() => view?.showSensors(sensors), [view, sensors])
  useEffect(() => view?.showVehicles(vehicles), [view, vehicles])
  useEffect(() => view?.select(route), [view, route])

  return (
    <>
      <div ref={container} className="map-canvas" />
      <button type="button" className="map-all" onClick={() => view?.showAll()}>Whole city</button>
      <Legend />
    </>
  )
}
