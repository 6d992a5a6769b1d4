/** The page: a header with the state of the line, a map, and beside it (below it on a phone) what is looked at. */
import { lazy, Suspense } from "react"
import { DistrictList } from "../panel/DistrictList.tsx"
import { DistrictView } from "../panel/DistrictView.tsx"
import { SensorView } from "../panel/SensorView.tsx"
import type { Route } from "../Route.ts"
import { useRoute } from "./CurrentRoute.ts"
import { Header } from "./Header.tsx"
import { MapBoundary } from "./MapBoundary.tsx"
import { StaleNotice } from "./StaleNotice.tsx"

const CityMap = lazy(() => import("../map/CityMap.tsx"))

const Panel = ({ route }: { readonly route: Route }) => {
  switch (route.at) {
    case "city":
      return <DistrictList />
    case "district":
      return <DistrictView id={route.id} key={route.id} />
    case "sensor":
      return <SensorView id={route.id} key={route.id} />
  }
}

export const Page = () => {
  const route = useRoute()
  return (
    <>
      <a className="skip" href="#panel" onClick={skip}>Skip to the districts</a>
      <Header />
      <main className="page">
        <section className="map" aria-label="Map of the city">
          <MapBoundary>
            <Suspense fallback={<p className="map-words">Loading the map …</p>}>
              <CityMap route={route} />
            </Suspense>
          </MapBoundary>
        </section>
        <section className="panel" id="panel" tabIndex={-1} aria-label="Districts and sensors">
          <StaleNotice />
          <Panel route={route} />
        </section>
      </main>
    </>
  )
}

/** The fragment is the route, so the link must not change it. */
const skip = (event: { preventDefault: () => void }): void => {
  event.preventDefault()
  document.getElementById("panel")?.focus()
}
