/** What is looked at, in the URL's hash, so that it can be linked to and the back button works: `#/districts/kallio`. Pure. */
export type Route =
  | { readonly at: "city" }
  | { readonly at: "district"; readonly id: string }
  | { readonly at: "sensor"; readonly id: string }

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export const routeOf = (hash: string): Route => {
  const [, folder, token] = /^#\/(districts|sensors)\/([^/?]+)$/.exec(hash) ?? []
  const id = token === undefined ? undefined : decoded(token)
  if (folder === undefined || id === undefined) return { at: "city" }
  return { at: folder === "districts" ? "district" : "sensor", id }
}

export const cityLink = "#/"
export const districtLink = (id: string): string => `#/districts/${encodeURIComponent(id)}`
export const sensorLink = (id: string): string => `#/sensors/${encodeURIComponent(id)}`
