/** Folders below the data folder. */
import { join } from "node:path"

export const dataPaths = (data: string) => ({
  observations: join(data, "observations"),
  partials: join(data, "partials"),
  rejected: join(data, "rejected"),
  events: join(data, "events"),
  replay: join(data, "replay")
})
