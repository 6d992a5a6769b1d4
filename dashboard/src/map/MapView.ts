/**
 * The map itself, with what is on it. Promises: shown data may come before the map is ready and in any order; geometry is
 * given to the map only when it has changed; the map never asks the network for anything.
 */
import { type GeoJSONSource, Map as MapLibreMap, NavigationControl, setWorkerUrl } from "maplibre-gl"
import "maplibre-gl/dist/maplibre-gl.css"
// Without this line the built page says "Worker failed to load": the library looks for its worker beside itself.
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url"
import type { Bounds, Sensor } from "../api/Shapes.ts"
import type { Districts } from "../city/DistrictStates.ts"
import { opacityOf } from "../city/QualityScale.ts"
import type { Route } from "../Route.ts"
import { makeDistrictLabels } from "./DistrictLabels.ts"
import { boundsOfPlaces, districtFeatures, sensorFeatures, unionOf } from "./Features.ts"
import { attachPointer, type MapReactions } from "./MapPointer.ts"
import { hatchImage, makeHatch, mapStyle } from "./MapStyle.ts"
import { darkTheme, lightTheme } from "./Theme.ts"
import { makeVehicleLayer } from "./VehicleLayer.ts"

setWorkerUrl(workerUrl)

/** Zoom from which a single sensor is seen well. */
const sensorZoom = 13.5

/** Room for the legend, which lies at the lower edge, and a margin. */
const fittedIn = (height: number) => ({
  padding: { top: 28, right: 28, bottom: height > 420 ? 118 : 36, left: 28 },
  maxZoom: 14
})

export interface MapView {
  readonly showDistricts: (districts: Districts) => void
  readonly showSensors: (sensors: ReadonlyArray<Sensor>) => void
  readonly showVehicles: (vehicles: ReadonlyArray<Sensor>) => void
  readonly select: (route: Route) => void
  readonly showAll: () => void
  readonly remove: () => void
}

export const makeMapView = (container: HTMLElement, reactions: MapReactions): MapView => {
  const dark = matchMedia("(prefers-color-scheme: dark)")
  const calm = matchMedia("(prefers-reduced-motion: reduce)")
  const map = new MapLibreMap({
    container,
    style: mapStyle(dark.matches ? darkTheme : lightTheme),
    center: [0, 20],
    zoom: 1,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    locale: { "Map.Title": "Map of the city: arrow keys move it, plus and minus zoom" }
  })
  map.touchZoomRotate.disableRotation()
  map.addControl(new NavigationControl({ showCompass: false }), "top-right")
  const vehicleLayer = makeVehicleLayer(map)
  const labels = makeDistrictLabels(map)
  let districts: Districts = new Map()
  let sensors: ReadonlyArray<Sensor> = []
  let vehicles: ReadonlyArray<Sensor> = []
  let route: Route = { at: "city" }
  let outlines: ReadonlyArray<unknown> = []
  let marked: { readonly source: string; readonly id: string } | undefined
  let isReady = false
  let isFitted = false
  /** What the route leads to has not been looked at yet: its place may come later. */
  let isAwaited = true

  const animation = () => ({ duration: calm.matches ? 0 : 600 })

  const boundsOfAll = (): Bounds | undefined =>
    unionOf([...districts.values()].map(({ bounds }) => bounds))
      ?? boundsOfPlaces(
        [...sensors, ...vehicles].flatMap(({ location }) => location === null ? [] : [location.coordinates])
      )

  const fit = (bounds: Bounds | undefined, duration: number): void => {
    if (bounds !== undefined) {
      map.fitBounds([bounds[0], bounds[1], bounds[2], bounds[3]], { ...fittedIn(container.clientHeight), duration })
    }
  }

  const fitOnce = (): void => {
    if (isFitted) return
    const bounds = boundsOfAll()
    if (bounds === undefined) return
    isFitted = true
    fit(bounds, 0)
  }

  const drawDistricts = (): void => {
    const next = [...districts.values()].map(({ bounds, outline }) => outline ?? bounds)
    if (next.length !== outlines.length || next.some((each, place) => each !== outlines[place])) {
      outlines = next
      map.getSource<GeoJSONSource>("districts")?.setData(districtFeatures(districts.values()))
    }
    for (const { id, quality } of districts.values()) {
      map.setFeatureState({ source: "districts", id }, {
        index: quality === null ? -1 : Math.round(quality.index),
        confidence: quality?.confidence ?? 1,
        opacity: quality === null ? 0.15 : opacityOf(quality.confidence)
      })
    }
    labels.show(districts, route.at === "district" ? route.id : undefined)
  }

  const drawSensors = (): void => {
    map.getSource<GeoJSONSource>("sensors")?.setData(sensorFeatures(sensors))
  }

  const mark = (): void => {
    if (marked !== undefined) map.setFeatureState(marked, { selected: false })
    const isVehicle = route.at === "sensor" && vehicles.some(({ id }) => route.at === "sensor" && id === route.id)
    marked = route.at === "city"
      ? undefined
      : { source: route.at === "district" ? "districts" : isVehicle ? "vehicles" : "sensors", id: route.id }
    if (marked !== undefined) map.setFeatureState(marked, { selected: true })
  }

  const look = (): void => {
    if (!isFitted || !isAwaited || route.at === "city") return
    const { id } = route
    if (route.at === "district") {
      const bounds = districts.get(id)?.bounds ?? undefined
      isAwaited = bounds === undefined
      fit(bounds, animation().duration)
      return
    }
    const place = vehicleLayer.placeOf(id) ?? sensors.find((sensor) => sensor.id === id)?.location?.coordinates
    if (place === undefined) return
    isAwaited = false
    map.easeTo({ center: [place[0], place[1]], zoom: Math.max(map.getZoom(), sensorZoom), ...animation() })
  }

  const drawAll = (): void => {
    outlines = []
    drawDistricts()
    drawSensors()
    vehicleLayer.show(vehicles)
    mark()
    fitOnce()
    look()
  }

  const repaint = (): void => {
    isReady = false
    map.setStyle(mapStyle(dark.matches ? darkTheme : lightTheme), { diff: false })
  }

  map.on("style.load", () => {
    if (!map.hasImage(hatchImage)) map.addImage(hatchImage, makeHatch())
    isReady = true
    drawAll()
  })
  dark.addEventListener("change", repaint)
  attachPointer(map, reactions)

  return {
    showDistricts: (next) => {
      districts = next
      if (!isReady) return
      drawDistricts()
      fitOnce()
      look()
    },
    showSensors: (next) => {
      sensors = next
      if (!isReady) return
      drawSensors()
      fitOnce()
      look()
    },
    showVehicles: (next) => {
      vehicles = next
      if (!isReady) return
      vehicleLayer.show(next)
      mark()
      fitOnce()
      look()
    },
    select: (next) => {
      route = next
      isAwaited = true
      if (!isReady) return
      mark()
      labels.show(districts, route.at === "district" ? route.id : undefined)
      look()
    },
    showAll: () => fit(boundsOfAll(), animation().duration),
    remove: () => {
      dark.removeEventListener("change", repaint)
      vehicleLayer.stop()
      map.remove()
    }
  }
}
