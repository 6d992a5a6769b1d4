/**
 * The districts of a city: from a GeoJSON file, else the cells of a grid. Gives the placement the door decides with, what is
 * known of each district, and warnings for the start's report. docs/districts.md says what a file may hold.
 *
 * Promises: a place in several districts, or on their border, is the smallest one's (of equal ones the first's in the file),
 * so the order of a file does not matter; the version changes when, and only when, the map or the ids do.
 */
import { Effect, FileSystem, Result, Schema } from "effect"
import { type District, districtSetVersion, SquareMetres } from "../schemas/District.ts"
import { DistrictId } from "../schemas/Identifiers.ts"
import { Latitude, Longitude } from "../schemas/Quantities.ts"
import { type DistrictFileOptions, type FileDistrict, readDistrictFile } from "./DistrictFile.ts"
import { DistrictIndex, type Piece } from "./DistrictIndex.ts"
import { areaOf, boundsOf, centreOf } from "./DistrictMeasures.ts"
import { gridOf, type Outline } from "./DistrictOutline.ts"
import { findOverlaps } from "./DistrictOverlaps.ts"
import type { DistrictPlacement } from "./Placement.ts"

/** The map cannot be used; nothing is placed by half a map. */
export class DistrictsInvalid extends Schema.TaggedError<DistrictsInvalid>()("DistrictsInvalid", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `districts ${this.file}: ${this.detail}`
  }
}

export interface LoadedDistricts {
  readonly placement: DistrictPlacement
  /** In the order of the file; none for a grid, whose cells are districts once something is placed in them. */
  readonly districts: ReadonlyArray<District>
  /** GeoJSON MultiPolygon coordinates by id, as in the file. */
  readonly outlines: ReadonlyMap<string, Outline>
  /** Where they come from, for the start's report. */
  readonly words: string
  /** Sentences; none is a reason not to start. */
  readonly warnings: ReadonlyArray<string>
}

export interface DistrictsOptions extends DistrictFileOptions {
  /** GeoJSON; without it a grid of cells. */
  readonly file?: string | undefined
  /** Resolution of the grid, 0 to 15; 7 unless set: cells of about 5 km². */
  readonly h3Resolution?: number | undefined
  /** The placement by cells of a resolution (`h3Placement` of the adapter). */
  readonly cells: (resolution: number) => DistrictPlacement
}

export const h3ResolutionDefault = 7
const fileBytesMax = 64 * 1024 * 1024
const warningsShown = 10

export const loadDistricts = Effect.fn("Districts.load")(function*(
  options: DistrictsOptions
): Effect.fn.Return<LoadedDistricts, DistrictsInvalid, FileSystem.FileSystem> {
  const { cells, file, h3Resolution: resolution = h3ResolutionDefault } = options
  if (file !== undefined) return yield* geoJsonPlacement(yield* readText(file), { ...options, file })
  if (!Number.isInteger(resolution) || resolution < 0 || resolution > 15) {
    return yield* new DistrictsInvalid({
      file: "H3",
      detail: `resolution ${resolution} is none: 0 (large) to 15 (small)`
    })
  }
  const words = `H3 cells of resolution ${resolution}`
  return { placement: cells(resolution), districts: [], outlines: new Map(), words, warnings: [] }
})

/** From the text of a GeoJSON file; `file` is its name for errors. */
export const geoJsonPlacement = Effect.fnUntraced(function*(
  text: string,
  options: DistrictFileOptions & { readonly file?: string } = {}
): Effect.fn.Return<LoadedDistricts, DistrictsInvalid> {
  const { file = "file" } = options
  const read = readDistrictFile(text, options)
  if (Result.isFailure(read)) return yield* new DistrictsInvalid({ file, detail: read.failure })
  const { crossings, districts, leftOut, naming } = read.success
  const ranked = districts
    .map((district) => ({ ...district, area: areaOf(district.outline) }))
    .sort((one, other) => one.area - other.area)
  const left = leftOut.length === 0 ? "" : `; left out: ${leftOut.join(", ")}`
  return {
    placement: placementOf(ranked),
    districts: districts.map(described),
    outlines: new Map(districts.map(({ id, outline }) => [id, outline])),
    words: `${districts.length} districts of ${file} (${naming}${left})`,
    warnings: [...shorten(crossings, "polygons have edges that cross"), ...overlapWarnings(ranked)]
  }
})

const readText = Effect.fnUntraced(function*(
  file: string
): Effect.fn.Return<string, DistrictsInvalid, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (error: { readonly message: string }) =>
    new DistrictsInvalid({ file, detail: `cannot be read: ${error.message}` })
  const { size } = yield* Effect.mapError(fs.stat(file), unreadable)
  if (size > fileBytesMax) {
    const detail = `has ${size} bytes: at most ${fileBytesMax}, simplify its borders`
    return yield* new DistrictsInvalid({ file, detail })
  }
  const bytes = yield* Effect.mapError(fs.readFile(file), unreadable)
  const text = Result.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  return Result.isSuccess(text)
    ? text.success
    : yield* new DistrictsInvalid({ file, detail: "is not UTF-8: save it as UTF-8 (RFC 8259 §8.1)" })
})

/** `ranked`: of two districts with the same place the first gets it. */
const placementOf = (ranked: ReadonlyArray<FileDistrict>): DistrictPlacement => {
  const pieces = ranked.flatMap(({ outline }, district) =>
    outline.map((polygon): Piece => ({
      district,
      rings: polygon.map((ring) => Int32Array.from(ring.flatMap(([x, y]) => [gridOf(x), gridOf(y)])))
    }))
  )
  const ids = ranked.map(({ id }) => id)
  const index = new DistrictIndex(pieces)
  return {
    version: versionOf(ids, pieces),
    districtOf: (longitude, latitude) => ids[index.at(gridOf(longitude), gridOf(latitude))]
  }
}

/** All that decides where a place lies, and nothing else: not names, not how the file is written. */
const versionOf = (ids: ReadonlyArray<string>, pieces: ReadonlyArray<Piece>): number => {
  const parts = pieces.flatMap(({ district, rings }) => [
    new TextEncoder().encode(`${JSON.stringify(ids[district])}:${rings.map((ring) => ring.length).join()};`),
    ...rings.map((ring) => new Uint8Array(ring.buffer))
  ])
  const content = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    content.set(part, at)
    at += part.length
  }
  return districtSetVersion(content)
}

const described = ({ id, name, outline }: FileDistrict): District => {
  const [west, south, east, north] = boundsOf(outline)
  const [longitude, latitude] = centreOf(outline)
  return {
    id: DistrictId.make(id),
    name,
    centre: { type: "Point", coordinates: [Longitude.make(longitude), Latitude.make(latitude)] },
    areaSquareMetres: SquareMetres.make(areaOf(outline)),
    bounds: [Longitude.make(west), Latitude.make(south), Longitude.make(east), Latitude.make(north)]
  }
}

const overlapWarnings = (ranked: ReadonlyArray<FileDistrict>): ReadonlyArray<string> => {
  const { found, isComplete } = findOverlaps(ranked.map(({ outline }) => outline))
  const called = (number: number): string => {
    const { id = "", name = "" } = ranked[number] ?? {}
    return name === id ? `"${id}"` : `"${id}" (${name})`
  }
  const sentences = found.map(({ larger, share, smaller }) =>
    `districts ${called(smaller)} and ${called(larger)} overlap in ${percent(share)} of ${called(smaller)}: `
    + "what lies in both is placed in this one, the smaller"
  )
  const partly = isComplete
    ? []
    : ["so many districts lie over each other that not every pair was looked at for overlap"]
  return [...shorten(sentences, "pairs of districts overlap"), ...partly]
}

const shorten = (sentences: ReadonlyArray<string>, rest: string): ReadonlyArray<string> => [
  ...sentences.slice(0, warningsShown),
  ...(sentences.length > warningsShown ? [`${sentences.length - warningsShown} more ${rest}`] : [])
]

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
