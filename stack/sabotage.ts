/** For `node --import`: the process that it is loaded into has the fault that the query of its address names (`Sabotages.ts`). */
import { registerHooks } from "node:module"
import { sabotagedSource, sabotageNames, sabotages, sourceOf } from "./Sabotages.ts"

const end = (sentence: string): never => {
  console.error(sentence)
  process.exit(1)
}

const wanted = new URL(import.meta.url).searchParams.get("name")
const name = sabotageNames.find((each) => each === wanted) ?? end(`"${wanted}" is none of ${sabotageNames.join(", ")}`)

const sourceWithFault = (): string => {
  try {
    return sabotagedSource(name)
  } catch (error) {
    return end(error instanceof Error ? error.message : String(error))
  }
}

const source = sourceWithFault()
const { href } = sourceOf(sabotages[name])
registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    return url === href ? { ...loaded, source } : loaded
  }
})
