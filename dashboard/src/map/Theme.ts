/** Colours of the map in light and dark. A map is painted by WebGL, which knows no style sheet. */
import type { Punctuality } from "../city/Delay.ts"
import type { SensorKind } from "../city/SensorKinds.ts"

export interface Theme {
  /** Which colours of the quality scale. */
  readonly shade: "light" | "dark"
  readonly background: string
  readonly line: string
  readonly selected: string
  readonly halo: string
  readonly punctuality: Readonly<Record<Punctuality, string>>
  readonly kind: Readonly<Record<SensorKind, string>>
}

export const lightTheme: Theme = {
  shade: "light",
  background: "#e7ecef",
  line: "#ffffff",
  selected: "#16202a",
  halo: "#ffffff",
  punctuality: { early: "#7a3fa0", "on-time": "#16202a", late: "#d1361f", unknown: "#78848f" },
  kind: {
    vehicle: "#16202a",
    stop: "#1d5fa8",
    traffic: "#5b6a78",
    air: "#6f55a0",
    noise: "#a8741a",
    weather: "#0b7c80",
    other: "#78848f"
  }
}

export const darkTheme: Theme = {
  shade: "dark",
  background: "#10161b",
  line: "#10161b",
  selected: "#ffffff",
  halo: "#10161b",
  punctuality: { early: "#c79be6", "on-time": "#ffffff", late: "#ff7a5c", unknown: "#98a4ae" },
  kind: {
    vehicle: "#ffffff",
    stop: "#86b8f2",
    traffic: "#a9b6c2",
    air: "#b9a3e3",
    noise: "#e3b565",
    weather: "#58c1c4",
    other: "#98a4ae"
  }
}
