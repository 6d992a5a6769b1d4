/** What the server has written into the page: the zone of the city and the version. Without it (development) the browser's zone. */
import { makeCityClock } from "../city/Words.ts"

const { timeZone = "", version = "" } = document.documentElement.dataset

export const cityVersion: string = version
export const cityClock = makeCityClock(timeZone === "" ? Intl.DateTimeFormat().resolvedOptions().timeZone : timeZone)
