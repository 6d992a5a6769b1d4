/**
 * The districts in a GeoJSON text (RFC 7946 FeatureCollection of Polygons and MultiPolygons in WGS 84). Promise: what comes
 * out has valid outlines and valid, different ids; anything else is one sentence that names the feature and the position.
 */
import { Result } from "effect"
import { findCrossing } from "./DistrictCrossings.ts"
import { areaOf } from "./DistrictMeasures.ts"
import { chooseNaming, type Feature, idsProblem, type NameOptions } from "./DistrictNames.ts"
import { type Outline, readOutline, shownPosition } from "./DistrictOutline.ts"

export interface DistrictFileOptions extends NameOptions {
  /** Ids or names of features that are no districts (a sea, an outer ring of islands), in any case of letters. */
  readonly leaveOut?: ReadonlyArray<string> | undefined
}

export interface FileDistrict {
  readonly id: string
  readonly name: string
  readonly outline: Outline
}

export interface DistrictFile {
  /** In the order of the file. */
  readonly districts: ReadonlyArray<FileDistrict>
  /** Where ids and names come from, in words. */
  readonly naming: string
  readonly leftOut: ReadonlyArray<string>
  /** Polygons whose edges cross, a sentence each. */
  readonly crossings: ReadonlyArray<string>
}

const fileDistrictsMax = 10_000
const positionsMax = 1_000_000

export const readDistrictFile = (text: string, options: DistrictFileOptions): Result.Result<DistrictFile, string> =>
  Result.gen(function*() {
    const features = yield* featuresOf(text)
    const naming = yield* chooseNaming(features, options)
    const rest = yield* without(features, options.leaveOut ?? [], (feature) => [
      naming.idOf(feature),
      naming.nameOf(feature)
    ])
    const problem = idsProblem(rest.features, naming)
    if (problem !== undefined) return yield* Result.fail(problem)
    if (rest.features.length === 0) return yield* Result.fail("has no feature left: all are left out")
    const districts: Array<FileDistrict> = []
    const crossings: Array<string> = []
    let positions = 0
    for (const feature of rest.features) {
      const id = naming.idOf(feature) ?? ""
      const name = naming.nameOf(feature) ?? id
      const called = `feature ${feature.index} ("${id}"${name === id ? "" : `, ${name}`})`
      const outline = readOutline(feature.geometry)
      if (typeof outline === "string") return yield* Result.fail(`${called} ${outline}`)
      if (areaOf(outline) === 0) return yield* Result.fail(`${called} has no area: its holes leave nothing of it`)
      for (const polygon of outline) for (const ring of polygon) positions += ring.length
      if (positions > positionsMax) {
        return yield* Result.fail(`has more than ${positionsMax} positions: simplify its borders`)
      }
      const crossing = outline.map(findCrossing).find((found) => found !== undefined)
      if (crossing !== undefined) {
        crossings.push(
          `${called} has edges that cross near ${shownPosition(crossing)}: what they enclose twice is outside`
        )
      }
      districts.push({ id, name, outline })
    }
    return { districts, naming: naming.words, leftOut: rest.leftOut, crossings }
  })

const featuresOf = (text: string): Result.Result<ReadonlyArray<Feature>, string> =>
  Result.gen(function*() {
    const json = Result.try((): unknown => JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text))
    if (text.trim() === "") return yield* Result.fail("is empty: it must be a GeoJSON FeatureCollection")
    if (Result.isFailure(json)) return yield* Result.fail(`is no JSON: ${String(json.failure).slice(0, 200)}`)
    const value = (json.success ?? {}) as Readonly<Record<string, unknown>>
    const { features, type } = value
    if (type !== "FeatureCollection" || !Array.isArray(features)) {
      const found = type === undefined ? "an object without a type" : `of type ${JSON.stringify(type).slice(0, 60)}`
      return yield* Result.fail(`is no GeoJSON FeatureCollection with features: it is ${found}`)
    }
    const projection = projectionProblem(value["crs"])
    if (projection !== undefined) return yield* Result.fail(projection)
    if (features.length === 0) return yield* Result.fail("has no feature: a district is a feature with a polygon")
    if (features.length > fileDistrictsMax) {
      return yield* Result.fail(`has ${features.length} features: at most ${fileDistrictsMax} districts`)
    }
    const read: Array<Feature> = []
    for (const [index, feature] of (features as ReadonlyArray<unknown>).entries()) {
      const member = (feature ?? {}) as Readonly<Record<string, unknown>>
      if (member["type"] !== "Feature") return yield* Result.fail(`feature ${index} is no GeoJSON Feature`)
      const properties = (member["properties"] ?? {}) as Readonly<Record<string, unknown>>
      read.push({ index, id: member["id"], properties, geometry: member["geometry"] })
    }
    return read
  })

/** RFC 7946 knows WGS 84 only; older files say their system in `crs`. */
const projectionProblem = (crs: unknown): string | undefined => {
  const name = (crs as { readonly properties?: { readonly name?: unknown } } | null | undefined)?.properties?.name
  if (typeof name !== "string" || /(EPSG:+|EPSG\/\d+\/)(\d+\.?\d*:)?4326$|CRS:?84h?$/i.test(name)) return undefined
  return `is in ${JSON.stringify(name.slice(0, 60))}: convert it to EPSG:4326 (longitude, latitude)`
}

const without = (
  features: ReadonlyArray<Feature>,
  leaveOut: ReadonlyArray<string>,
  called: (feature: Feature) => ReadonlyArray<string | undefined>
): Result.Result<{ readonly features: ReadonlyArray<Feature>; readonly leftOut: ReadonlyArray<string> }, string> => {
  const unwanted = new Map(leaveOut.map((name) => [name.trim().toLowerCase(), name]))
  const leftOut: Array<string> = []
  const met = new Set<string>()
  const rest = features.filter((feature) => {
    const match = called(feature).map((name) => name?.toLowerCase()).find((name) =>
      name !== undefined && unwanted.has(name)
    )
    if (match === undefined) return true
    met.add(match)
    leftOut.push(called(feature).findLast((name) => name !== undefined) ?? match)
    return false
  })
  const absent = [...unwanted].find(([key]) => !met.has(key))
  return absent === undefined
    ? Result.succeed({ features: rest, leftOut })
    : Result.fail(`has no feature with the id or name "${absent[1]}", which is to be left out`)
}
