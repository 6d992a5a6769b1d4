/**
 * Classes of the quality index, with the names and edges of the points behind it (docs/quality-of-life.md: one class is 20
 * points, an edge belongs to the better one; "fair" has two shades, because that is where most districts are). The colours go from
 * warm (poor) to cool (good), which all common kinds of colour blindness tell apart (ColorBrewer's RdYlBu is the model: Harrower &
 * Brewer 2003). The middle is near the ground, pale in the light and dim in the dark, so that what is unusual stands out. The class is
 * always said in words too; no fact rests on colour alone.
 */
export interface QualityClass {
  /** Inclusive; the class ends where the next begins. */
  readonly from: number
  readonly name: string
  readonly light: string
  readonly dark: string
}

const lowest: QualityClass = { from: 0, name: "very poor", light: "#a63d2f", dark: "#e2694f" }

export const qualityClasses: ReadonlyArray<QualityClass> = [
  lowest,
  { from: 20, name: "poor", light: "#e3905a", dark: "#b05f39" },
  { from: 40, name: "moderate", light: "#f4dfa0", dark: "#645f48" },
  { from: 60, name: "fair", light: "#c3e0de", dark: "#2a545f" },
  { from: 70, name: "fair", light: "#8abfcf", dark: "#37808f" },
  { from: 80, name: "good", light: "#4c93c0", dark: "#4aa5da" }
]

/** Of the whole number that is shown, so that no 40 is called poor. */
export const qualityClass = (index: number): QualityClass =>
  qualityClasses.findLast(({ from }) => Math.round(index) >= from) ?? lowest

/** For style sheets, which know whether it is light or dark. */
export const cssColour = ({ dark, light }: Pick<QualityClass, "light" | "dark">): string =>
  `light-dark(${light}, ${dark})`

/** For a number on the colour of its class, which stands out by 4.5 to 1 (WCAG 2.2, 1.4.3). */
export const inkOf = ({ name }: QualityClass): { readonly light: string; readonly dark: string } => ({
  light: name === "very poor" ? "#ffffff" : "#16202a",
  dark: name === "very poor" || name === "good" ? "#0d1216" : "#ffffff"
})

/** Where nothing is known, hatched on the map. */
export const unknownColour = "#9aa5ae"

/** Below it a district's outline is dashed. */
export const confidenceLow = 0.6

/** How opaque a district is: what is less certain is paler. */
export const opacityOf = (confidence: number): number => 0.4 + 0.5 * Math.min(1, Math.max(0, confidence))
