/**
 * Where the time of a process went, from the file that `node --cpu-prof` leaves: shares of self time by folder and by function, of the time
 * in which it did something. A profiled turn is one of its own and measures nothing else: sampling costs some percent.
 */

interface Frame {
  readonly functionName: string
  readonly url: string
}

/** What is used of the file, as DevTools define it. */
export interface CpuProfileFile {
  readonly nodes: ReadonlyArray<{ readonly id: number; readonly callFrame: Frame }>
  readonly samples: ReadonlyArray<number>
  /** Microseconds before each sample. */
  readonly timeDeltas: ReadonlyArray<number>
}

export interface Profile {
  readonly name: string
  /** Seconds in which it did something. */
  readonly busySeconds: number
  readonly folders: ReadonlyArray<string>
  readonly functions: ReadonlyArray<string>
}

const foldersShown = 9
const functionsShown = 8
const shareMin = 0.01

/** `analytics`, `adapters/postgres`, `effect` (a package), `node`; the collector by its name. */
const folderOf = ({ functionName, url }: Frame): string => {
  if (functionName === "(garbage collector)") return "garbage collection"
  const ofPackage = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url)?.[1]
  if (ofPackage !== undefined) return ofPackage
  const ours = /\/src\/(adapters\/[^/]+|[^/]+)\//.exec(url)?.[1]
  if (ours !== undefined) return ours
  if (/\/bench\//.test(url)) return "bench"
  // "(program)" is what runs outside of JavaScript: system calls, the engine itself.
  return functionName === "(program)" ? "native" : "node"
}

const functionOf = ({ functionName, url }: Frame): string => {
  const file = url.split("/").at(-1)?.replace(/\.[a-z]+$/, "") ?? ""
  return `${file === "" ? "" : `${file.replace(/^node:/, "")}.`}${functionName === "" ? "(anonymous)" : functionName}`
}

const isOutside = (folder: string): boolean => folder === "garbage collection" || folder === "native"

const inPercent = (times: ReadonlyMap<string, number>, all: number, shown: number): ReadonlyArray<string> =>
  Array.from(times)
    .toSorted(([, a], [, b]) => b - a)
    .filter(([, time]) => time >= shareMin * all)
    .slice(0, shown)
    .map(([name, time]) => `${name} ${(100 * time / all).toFixed(0)} %`)

export const profileOf = (name: string, { nodes, samples, timeDeltas }: CpuProfileFile): Profile => {
  const frames = new Map(nodes.map(({ callFrame, id }) => [id, callFrame]))
  const folders = new Map<string, number>()
  const functions = new Map<string, number>()
  let busy = 0
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === "(idle)" || frame.functionName === "(root)") continue
    const micros = timeDeltas[i + 1] ?? 0
    const folder = folderOf(frame)
    busy += micros
    folders.set(folder, (folders.get(folder) ?? 0) + micros)
    if (!isOutside(folder)) functions.set(functionOf(frame), (functions.get(functionOf(frame)) ?? 0) + micros)
  }
  return {
    name,
    busySeconds: busy / 1e6,
    folders: inPercent(folders, busy, foldersShown),
    functions: inPercent(functions, busy, functionsShown)
  }
}
