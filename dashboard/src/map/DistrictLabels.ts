/**
 * Names and indexes of districts as HTML on the map, which needs no glyphs. A label is there only while its district is wide enough
 * on the screen; the selected one always is. The list says the same, so they are hidden from screen readers.
 */
import { type Map as MapLibreMap, Marker } from "maplibre-gl"
import type { District } from "../api/Shapes.ts"
import type { Districts } from "../city/DistrictStates.ts"

/** Pixels a district needs to carry its index; with its name, which takes some for each letter. */
const indexWidth = 30
const widthOf = (name: string): number => indexWidth + 14 + 6.5 * name.length

interface Label {
  readonly marker: Marker
  readonly element: HTMLElement
  readonly name: HTMLElement
  readonly index: HTMLElement
}

const centreOf = ({ bounds, centre }: District): [number, number] | undefined =>
  centre !== null
    ? [...centre.coordinates]
    : bounds === null
    ? undefined
    : [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]

export const makeDistrictLabels = (map: MapLibreMap) => {
  const labels = new Map<string, Label>()
  let shown: Districts = new Map()
  let selected: string | undefined

  const makeLabel = (district: District, centre: [number, number]): Label => {
    const element = document.createElement("div")
    element.className = "map-label"
    element.setAttribute("aria-hidden", "true")
    const name = document.createElement("span")
    const index = document.createElement("b")
    element.append(index, name)
    name.textContent = district.name
    return { marker: new Marker({ element }).setLngLat(centre).addTo(map), element, name, index }
  }

  const fit = (): void => {
    for (const [id, { element }] of labels) {
      const { bounds = null, name = "" } = shown.get(id) ?? {}
      if (bounds === null) continue
      const width = map.project([bounds[2], bounds[1]]).x - map.project([bounds[0], bounds[1]]).x
      element.classList.toggle("map-label-out", width < indexWidth && id !== selected)
      element.classList.toggle("map-label-short", width < widthOf(name) && id !== selected)
    }
  }

  map.on("zoomend", fit)
  map.on("resize", fit)

  return {
    show: (districts: Districts, selectedId: string | undefined): void => {
      shown = districts
      selected = selectedId
      for (const [id, { marker }] of labels) {
        if (districts.has(id)) continue
        marker.remove()
        labels.delete(id)
      }
      for (const district of districts.values()) {
        const centre = centreOf(district)
        if (centre === undefined) continue
        const label = labels.get(district.id) ?? makeLabel(district, centre)
        labels.set(district.id, label)
        label.index.textContent = district.quality === null ? "–" : district.quality.index.toFixed(0)
        label.element.classList.toggle("map-label-selected", district.id === selectedId)
      }
      fit()
    }
  }
}
