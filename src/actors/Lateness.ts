/** How long windows wait for stragglers: by source and property where a setting says so, else by property. */
import type { StageSettings } from "../schemas/Commands.ts"
import { observedProperties } from "../schemas/ObservedProperties.ts"

export class Lateness {
  private readonly settings: StageSettings["latenessMillis"]
  private readonly bySource = new Map<string, Float64Array>()

  constructor(settings: StageSettings["latenessMillis"]) {
    this.settings = settings
  }

  /** The longest of all, in milliseconds. */
  get longest(): number {
    const set = Object.values(this.settings).flatMap((of) => Object.values(of))
    return Math.max(...observedProperties.map((property) => property.latenessMillis), ...set)
  }

  /** Milliseconds by property number, for observations of a source. */
  of(source: string): Float64Array {
    let lateness = this.bySource.get(source)
    if (lateness === undefined) {
      const ofSource = this.settings[source]
      const ofAll = this.settings["*"]
      lateness = Float64Array.from(
        observedProperties,
        (property) =>
          ofSource?.[property.name] ?? ofSource?.["*"] ?? ofAll?.[property.name] ?? ofAll?.["*"]
            ?? property.latenessMillis
      )
      this.bySource.set(source, lateness)
    }
    return lateness
  }
}
