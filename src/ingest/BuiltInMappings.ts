/** Mappings that come with Vicinity, by the name of the data folder they describe. */
import losLoop from "./mappings/los-loop.json" with { type: "json" }

export const builtInMappings: ReadonlyMap<string, unknown> = new Map([["los-loop", losLoop]])
