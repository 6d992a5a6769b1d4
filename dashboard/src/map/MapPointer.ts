/** What is under the pointer: said beside it, and opened by a click. Small dots are met within a few pixels. */
import type { Map as MapLibreMap, MapGeoJSONFeature, PointLike } from "maplibre-gl"

export interface Target {
  readonly layer: "vehicles" | "sensors" | "districts"
  readonly id: string
}

export interface MapReactions {
  readonly onOpen: (target: Target) => void
  readonly words: (target: Target) => string | undefined
}

const reach = 5

export const attachPointer = (map: MapLibreMap, { onOpen, words }: MapReactions): void => {
  const tip = document.createElement("div")
  tip.className = "map-tip"
  tip.hidden = true
  tip.setAttribute("aria-hidden", "true")
  map.getContainer().append(tip)
  let hovered: string | undefined

  const nearest = (x: number, y: number): Target | undefined => {
    const box: [PointLike, PointLike] = [[x - reach, y - reach], [x + reach, y + reach]]
    const dots: ReadonlyArray<MapGeoJSONFeature> = map.queryRenderedFeatures(box, { layers: ["vehicles", "sensors"] })
    const dot = dots.find(({ layer }) => layer.id === "vehicles") ?? dots[0]
    const feature = dot ?? map.queryRenderedFeatures([x, y], { layers: ["districts"] })[0]
    const id = feature?.properties["id"]
    if (feature === undefined || typeof id !== "string") return undefined
    return {
      layer: feature.layer.id === "vehicles" || feature.layer.id === "sensors" ? feature.layer.id : "districts",
      id
    }
  }

  const hover = (id: string | undefined): void => {
    if (hovered === id) return
    if (hovered !== undefined) map.setFeatureState({ source: "districts", id: hovered }, { hovered: false })
    if (id !== undefined) map.setFeatureState({ source: "districts", id }, { hovered: true })
    hovered = id
  }

  map.on("mousemove", ({ point }) => {
    const target = nearest(point.x, point.y)
    map.getCanvas().style.cursor = target === undefined ? "" : "pointer"
    hover(target?.layer === "districts" ? target.id : undefined)
    const text = target === undefined ? undefined : words(target)
    tip.hidden = text === undefined
    if (text === undefined) return
    tip.textContent = text
    const isRight = point.x > map.getContainer().clientWidth - 220
    tip.style.transform = `translate(${point.x + (isRight ? -12 : 14)}px, ${point.y + 14}px)${
      isRight ? " translateX(-100%)" : ""
    }`
  })
  map.on("mouseout", () => {
    tip.hidden = true
    hover(undefined)
  })
  map.on("dragstart", () => {
    tip.hidden = true
  })
  map.on("click", ({ point }) => {
    const target = nearest(point.x, point.y)
    if (target !== undefined) onOpen(target)
  })
}
