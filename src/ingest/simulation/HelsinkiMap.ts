/**
 * The map of the simulated Helsinki: districts by their centre, an outline, and roads (lines of trams and buses:
 * `HelsinkiLines.ts`). Names are real; places are drawn by hand to about a hundred metres and stand for nothing but themselves.
 * Degrees, WGS 84.
 */
import type { LonLat } from "./Plane.ts"

/** Id, name, centre. */
export const districtCentres: ReadonlyArray<readonly [id: string, name: string, centre: LonLat]> = [
  ["kamppi", "Kamppi", [24.931, 60.1685]],
  ["punavuori", "Punavuori", [24.9405, 60.16]],
  ["kallio", "Kallio", [24.9535, 60.1835]],
  ["toolo", "Töölö", [24.917, 60.1805]],
  ["lauttasaari", "Lauttasaari", [24.875, 60.16]],
  ["munkkiniemi", "Munkkiniemi", [24.875, 60.197]],
  ["haaga", "Haaga", [24.896, 60.218]],
  ["pasila", "Pasila", [24.932, 60.201]],
  ["vallila", "Vallila", [24.964, 60.199]],
  ["herttoniemi", "Herttoniemi", [25.037, 60.196]],
  ["laajasalo", "Laajasalo", [25.045, 60.173]],
  ["vuosaari", "Vuosaari", [25.142, 60.209]],
  ["itakeskus", "Itäkeskus", [25.084, 60.212]],
  ["viikki", "Viikki", [25.02, 60.226]],
  ["oulunkyla", "Oulunkylä", [24.967, 60.229]],
  ["pakila", "Pakila", [24.935, 60.244]],
  ["malmi", "Malmi", [25.012, 60.251]],
  ["kannelmaki", "Kannelmäki", [24.882, 60.241]]
]

/** Anticlockwise, not closed: the coast from the west, then the border in the north. */
export const outline: ReadonlyArray<LonLat> = [
  [24.842, 60.17],
  [24.852, 60.153],
  [24.884, 60.148],
  [24.918, 60.15],
  [24.95, 60.149],
  [24.983, 60.16],
  [25.02, 60.158],
  [25.062, 60.158],
  [25.095, 60.176],
  [25.15, 60.188],
  [25.19, 60.206],
  [25.178, 60.228],
  [25.11, 60.246],
  [25.058, 60.268],
  [25.0, 60.272],
  [24.94, 60.267],
  [24.87, 60.266],
  [24.836, 60.246],
  [24.83, 60.212]
]

export interface Road {
  readonly id: string
  readonly name: string
  readonly kind: "street" | "main" | "motorway"
  /** From the centre outwards (ring road: from the west). */
  readonly points: ReadonlyArray<LonLat>
  /** Traffic towards the centre peaks in the morning, outwards in the afternoon; a ring has both. */
  readonly isRing?: boolean
}

export const roads: ReadonlyArray<Road> = [
  {
    id: "mannerheimintie",
    name: "Mannerheimintie",
    kind: "main",
    points: [[24.943, 60.168], [24.931, 60.175], [24.918, 60.186], [24.905, 60.195], [24.895, 60.206], [24.89, 60.214]]
  },
  {
    id: "hameentie",
    name: "Hämeentie",
    kind: "main",
    points: [[24.957, 60.18], [24.962, 60.187], [24.972, 60.197], [24.977, 60.206], [24.985, 60.215]]
  },
  {
    id: "tuusulanvayla",
    name: "Tuusulanväylä",
    kind: "motorway",
    points: [[24.949, 60.197], [24.951, 60.205], [24.955, 60.215], [24.953, 60.228], [24.955, 60.24], [24.958, 60.258]]
  },
  {
    id: "makelankatu",
    name: "Mäkelänkatu",
    kind: "main",
    points: [[24.957, 60.187], [24.953, 60.192], [24.949, 60.197]]
  },
  {
    id: "lahdenvayla",
    name: "Lahdenväylä",
    kind: "motorway",
    points: [[24.985, 60.212], [24.999, 60.222], [25.012, 60.235], [25.03, 60.248], [25.043, 60.262]]
  },
  {
    id: "itavayla",
    name: "Itäväylä",
    kind: "motorway",
    points: [[24.972, 60.187], [24.995, 60.187], [25.02, 60.19], [25.04, 60.196], [25.065, 60.205], [25.085, 60.212], [
      25.105,
      60.221
    ]]
  },
  {
    id: "lansivayla",
    name: "Länsiväylä",
    kind: "motorway",
    points: [[24.92, 60.164], [24.9, 60.164], [24.88, 60.166], [24.853, 60.168]]
  },
  {
    id: "turunvayla",
    name: "Turunväylä",
    kind: "motorway",
    points: [[24.905, 60.196], [24.89, 60.204], [24.87, 60.21], [24.845, 60.216]]
  },
  {
    id: "hameenlinnanvayla",
    name: "Hämeenlinnanväylä",
    kind: "motorway",
    points: [[24.903, 60.205], [24.895, 60.218], [24.885, 60.232], [24.878, 60.246], [24.872, 60.258]]
  },
  {
    id: "keha-i",
    name: "Kehä I",
    kind: "motorway",
    isRing: true,
    points: [
      [24.845, 60.222],
      [24.87, 60.231],
      [24.89, 60.238],
      [24.915, 60.24],
      [24.94, 60.24],
      [24.965, 60.241],
      [
        24.99,
        60.239
      ],
      [25.015, 60.239],
      [25.04, 60.232],
      [25.06, 60.222],
      [25.08, 60.212]
    ]
  },
  {
    id: "mechelininkatu",
    name: "Mechelininkatu",
    kind: "main",
    points: [[24.916, 60.163], [24.914, 60.172], [24.916, 60.182], [24.917, 60.19]]
  },
  {
    id: "veturitie",
    name: "Veturitie",
    kind: "main",
    points: [[24.926, 60.192], [24.931, 60.199], [24.929, 60.207], [24.919, 60.215]]
  },
  {
    id: "sornaisten-rantatie",
    name: "Sörnäisten rantatie",
    kind: "main",
    points: [[24.957, 60.172], [24.965, 60.18], [24.972, 60.187]]
  },
  {
    id: "vihdintie",
    name: "Vihdintie",
    kind: "main",
    points: [[24.897, 60.214], [24.885, 60.222], [24.87, 60.235], [24.858, 60.248]]
  },
  {
    id: "laajasalontie",
    name: "Laajasalontie",
    kind: "main",
    points: [[25.03, 60.192], [25.035, 60.183], [25.045, 60.174], [25.058, 60.168]]
  },
  {
    id: "vuosaarentie",
    name: "Vuosaarentie",
    kind: "main",
    points: [[25.085, 60.212], [25.11, 60.21], [25.135, 60.209], [25.155, 60.208]]
  },
  {
    id: "esplanadi",
    name: "Esplanadi",
    kind: "street",
    points: [[24.952, 60.1675], [24.943, 60.167], [24.93, 60.163], [24.921, 60.1585]]
  },
  { id: "tehtaankatu", name: "Tehtaankatu", kind: "street", points: [[24.957, 60.159], [24.935, 60.158]] },
  {
    id: "sturenkatu",
    name: "Sturenkatu",
    kind: "street",
    points: [[24.945, 60.171], [24.951, 60.179], [24.95, 60.188], [24.962, 60.195]]
  },
  {
    id: "lauttasaarentie",
    name: "Lauttasaarentie",
    kind: "street",
    points: [[24.895, 60.161], [24.88, 60.159], [24.865, 60.157]]
  },
  {
    id: "nordenskioldinkatu",
    name: "Nordenskiöldinkatu",
    kind: "street",
    points: [[24.912, 60.188], [24.93, 60.189], [24.945, 60.19]]
  },
  {
    id: "pakilantie",
    name: "Pakilantie",
    kind: "street",
    points: [[24.945, 60.232], [24.938, 60.243], [24.93, 60.254]]
  },
  {
    id: "kirkonkylantie",
    name: "Kirkonkyläntie",
    kind: "street",
    points: [[24.985, 60.245], [25.01, 60.25], [25.033, 60.253]]
  },
  {
    id: "viikintie",
    name: "Viikintie",
    kind: "main",
    points: [[24.985, 60.215], [25.01, 60.222], [25.04, 60.222], [25.06, 60.22]]
  },
  {
    id: "paciuksenkatu",
    name: "Paciuksenkatu",
    kind: "main",
    points: [[24.91, 60.19], [24.892, 60.196], [24.872, 60.198]]
  },
  {
    id: "kantelettarentie",
    name: "Kantelettarentie",
    kind: "street",
    points: [[24.892, 60.235], [24.882, 60.239], [24.876, 60.244]]
  }
]
