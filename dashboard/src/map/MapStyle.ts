/**
 * The map as a style without any address in it: a plain ground, districts, sensors and vehicles as GeoJSON. No tiles, no glyphs, no
 * sprites, hence no network; names are HTML on top (`DistrictLabels`). Quality is feature state, so new values move no geometry.
 */
import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl"
import { confidenceLow, qualityClasses, unknownColour } from "../city/QualityScale.ts"
import type { Theme } from "./Theme.ts"

export const hatchImage = "hatch"

/** Below zero where there is none. */
const index: ExpressionSpecification = ["number", ["feature-state", "index"], -1]
const hasIndex: ExpressionSpecification = [">=", index, 0]
const confidence: ExpressionSpecification = ["number", ["feature-state", "confidence"], 1]
const isSelected: ExpressionSpecification = ["boolean", ["feature-state", "selected"], false]
const isHovered: ExpressionSpecification = ["boolean", ["feature-state", "hovered"], false]

/** One value where a condition holds, else another. */
const either = <A extends number | string | ExpressionSpecification>(
  condition: ExpressionSpecification,
  yes: A,
  no: A
): ExpressionSpecification => ["case", condition, yes, no]

const qualityColour = (shade: Theme["shade"]) =>
  qualityClasses.reduce<ExpressionSpecification | string>(
    (below, each) => either(["<", index, each.from], below, each[shade]),
    unknownColour
  )

/** Selected or not at three zooms, between which it grows. */
const growing = (
  selected: readonly [number, number, number],
  other: readonly [number, number, number]
): ExpressionSpecification => [
  "interpolate",
  ["linear"],
  ["zoom"],
  9,
  either(isSelected, selected[0], other[0]),
  12,
  either(isSelected, selected[1], other[1]),
  15,
  either(isSelected, selected[2], other[2])
]

/** The colour of the value of a property. */
const colourBy = (property: string, colours: Readonly<Record<string, string>>, other: string) =>
  Object.entries(colours).reduce<ExpressionSpecification | string>(
    (rest, [value, colour]) => either(["==", ["get", property], value], colour, rest),
    other
  )

const nothing = { type: "FeatureCollection" as const, features: [] }

export const mapStyle = (theme: Theme): StyleSpecification => ({
  version: 8,
  sources: {
    districts: { type: "geojson", data: nothing, promoteId: "id" },
    sensors: { type: "geojson", data: nothing, promoteId: "id" },
    vehicles: { type: "geojson", data: nothing, promoteId: "id" }
  },
  layers: [
    { id: "ground", type: "background", paint: { "background-color": theme.background } },
    {
      id: "districts",
      type: "fill",
      source: "districts",
      paint: {
        "fill-color": qualityColour(theme.shade),
        "fill-opacity": ["number", ["feature-state", "opacity"], 0.15],
        "fill-antialias": false
      }
    },
    {
      id: "districts-unknown",
      type: "fill",
      source: "districts",
      paint: { "fill-pattern": hatchImage, "fill-opacity": either(hasIndex, 0, 0.7) }
    },
    {
      id: "districts-line",
      type: "line",
      source: "districts",
      paint: { "line-color": theme.line, "line-width": either(isHovered, 3, 1.2) }
    },
    {
      id: "districts-uncertain",
      type: "line",
      source: "districts",
      paint: {
        "line-color": theme.selected,
        "line-width": 1.5,
        "line-dasharray": [2, 2.5],
        "line-opacity": either(["<", confidence, confidenceLow], 0.75, 0)
      }
    },
    {
      id: "districts-selected",
      type: "line",
      source: "districts",
      layout: { "line-join": "round" },
      paint: { "line-color": theme.selected, "line-width": 3, "line-opacity": either(isSelected, 1, 0) }
    },
    {
      id: "sensors",
      type: "circle",
      source: "sensors",
      paint: {
        "circle-color": colourBy("kind", theme.kind, theme.kind.other),
        "circle-radius": growing([6, 7, 9], [1.5, 2.5, 5.5]),
        "circle-stroke-color": either(isSelected, theme.selected, theme.halo),
        "circle-stroke-width": growing([2.5, 2.5, 2.5], [0, 0.3, 1.2])
      }
    },
    {
      id: "vehicles",
      type: "circle",
      source: "vehicles",
      paint: {
        "circle-color": colourBy("punctuality", theme.punctuality, theme.punctuality.unknown),
        "circle-radius": growing([7, 8, 10], [2.6, 4.4, 7]),
        "circle-stroke-color": theme.halo,
        "circle-stroke-width": growing([3, 3, 3], [1, 1.4, 1.8])
      }
    }
  ]
})

/** Diagonal lines for districts of which nothing is known; a pattern repeats without a seam. */
export const makeHatch = (): ImageData => {
  const size = 16
  const image = new ImageData(size, size)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const isLine = (x + y) % 8 < 2
      image.data.set([110, 122, 132, isLine ? 190 : 0], (y * size + x) * 4)
    }
  }
  return image
}
