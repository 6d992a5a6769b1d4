/** Mappings that come with Vicinity, by the name of the data folder they describe. */
import airQualityItaly from "./mappings/air-quality-italy.json" with { type: "json" }
import austinBuses from "./mappings/austin-buses.json" with { type: "json" }
import beijingPm25 from "./mappings/beijing-pm25.json" with { type: "json" }
import losLoop from "./mappings/los-loop.json" with { type: "json" }
import metroInterstate from "./mappings/metro-interstate.json" with { type: "json" }

export const builtInMappings: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["los-loop", losLoop],
  ["austin-buses", austinBuses],
  ["beijing-pm25", beijingPm25],
  ["metro-interstate", metroInterstate],
  ["air-quality-italy", airQualityItaly]
])
