/**
 * What is installed is what was chosen: exact versions, a lock file that `npm ci` accepts on every machine and that names no
 * host, and install scripts only where somebody decided so (docs/adr/0008).
 */
import { assert, describe, it } from "@effect/vitest"
import { filesUnder } from "./SourceFiles.ts"

type Versions = Readonly<Record<string, string>>

interface Manifest {
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly optionalDependencies?: Versions
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

interface Locked extends Manifest {
  readonly version?: string
  readonly hasInstallScript?: boolean
}

interface Lock {
  readonly packages: Readonly<Record<string, Locked>>
}

const textOf = (path: string): string => filesUnder(path, /json$/)[0]?.text ?? "{}"
const manifest: Manifest = JSON.parse(textOf("package.json"))
/** The page has a manifest of its own; all of it is for building. */
const page: Manifest = JSON.parse(textOf("dashboard/package.json"))
const lock: Lock = JSON.parse(textOf("package-lock.json"))

const chosen = Object.entries({
  ...manifest.dependencies,
  ...manifest.devDependencies,
  ...manifest.optionalDependencies
}).concat(Object.entries({ ...page.dependencies, ...page.devDependencies }))

/** Node's own look-up: beside the dependent, then in every folder above it. */
const isLocked = (dependent: string, name: string): boolean => {
  for (let at = dependent;; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (Object.hasOwn(lock.packages, at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`)) return true
    if (at === "") return false
  }
}

describe("dependencies", () => {
  it("have exact versions", () => {
    const loose = chosen.filter(([, version]) => !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version))

    assert.isAbove(chosen.length, 5)
    assert.deepStrictEqual(loose, [])
  })

  it("are locked at the version that was chosen", () => {
    const different = chosen.filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version)

    assert.deepStrictEqual(different, [])
  })

  it("of the page are left out where only what runs is installed", () => {
    assert.isUndefined(page.dependencies)
  })

  it("name no host in the lock file", () => {
    // A workspace is "resolved" to its folder.
    const resolved = [...textOf("package-lock.json").matchAll(/"resolved": "([^"]*)"/g)].map(([, where]) => where)

    assert.deepStrictEqual(resolved, ["dashboard"])
  })

  it("have every platform's package in the lock file, else npm ci refuses it", () => {
    const missing = Object.entries(lock.packages).flatMap(([dependent, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(dependent, name))
        .map((name) => `${dependent} needs ${name}`)
    )

    assert.deepStrictEqual(missing, [])
  })

  it("run an install script only where package.json decides about it", () => {
    const undecided = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length))
      .filter((name) => manifest.allowScripts?.[name] === undefined)

    assert.deepStrictEqual(undecided, [])
  })
})
