/** Which district a place is in: from the map of the settings, that of the simulated city, or a grid. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Context, Effect } from "effect"
import { h3Outline, h3Placement } from "../adapters/h3/H3Placement.ts"
import { geoJsonPlacement, loadDistricts, type LoadedDistricts } from "../ingest/Districts.ts"
import { Placement } from "../ingest/Placement.ts"
import { districtShapes } from "../ingest/simulation/DistrictShapes.ts"
import { DistrictMap } from "../ports/DistrictMap.ts"
import { simulatedDistricts } from "./SettingFlags.ts"
import type { CitySettings } from "./Settings.ts"
import { step } from "./StartReport.ts"

export const openDistricts = Effect.fnUntraced(function*(settings: CitySettings) {
  const isSimulated = settings.districts === undefined
    ? settings.source === "simulation"
    : settings.districts === simulatedDistricts
  const loaded = yield* step(
    "read the districts",
    ({ words }) => `districts: ${words}`,
    isSimulated
      ? geoJsonPlacement(JSON.stringify(districtShapes()), { file: "the simulated Helsinki" })
      : loadDistricts({
        file: settings.districts,
        idProperty: settings.districtId,
        nameProperty: settings.districtName,
        leaveOut: [...settings.districtLeaveOut],
        h3Resolution: settings.h3Resolution,
        cells: h3Placement
      }).pipe(Effect.provide(NodeFileSystem.layer))
  )
  for (const warning of loaded.warnings) yield* Effect.logWarning(warning)
  return loaded
})

/** The map for who places observations and for who draws districts. */
export const withDistricts =
  ({ outlines, placement }: LoadedDistricts) => <Services>(context: Context.Context<Services>) =>
    context.pipe(
      Context.add(Placement, placement),
      Context.add(DistrictMap, { outlineOf: (id) => outlines.get(id) ?? h3Outline(id) })
    )

/** The version and the districts that the shards are told of; none where every observed cell is one. */
export const describedMap = ({ districts, placement }: LoadedDistricts) => ({
  version: districts.length === 0 ? 0 : placement.version,
  districts
})
