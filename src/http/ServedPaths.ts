/**
 * What a process of a city of several serves, by its role. Promise: what another role serves is answered with 404 and which role to
 * ask, never half; health, metrics and the documentation are everywhere.
 */

export type Served = "everything" | "observations" | "questions" | "operations"

const operations = ["/health/", "/metrics", "/problems/"]
const documents = ["/docs", "/openapi.json", "/asyncapi.json"]
const takingIn = ["/v1/observations", "/v1/properties", "/v1/rejected"]

const startsWithOne = (path: string, beginnings: ReadonlyArray<string>): boolean =>
  beginnings.some((beginning) => path.startsWith(beginning))

/** Why a request is not served here; undefined where it is. */
export const notServed = (served: Served, path: string): string | undefined => {
  if (served === "everything" || startsWithOne(path, operations)) return undefined
  switch (served) {
    case "operations":
      return "this process holds shards (role actors) and serves health and metrics only; ask one of the role api"
    case "observations":
      return startsWithOne(path, takingIn) || startsWithOne(path, documents)
        ? undefined
        : "this process takes observations in (role ingest) and answers no questions; ask one of the role api"
    case "questions":
      return path.startsWith("/v1/observations")
        ? "this process answers questions (role api) and takes no observations; send them to one of the role ingest"
        : undefined
  }
}
