#!/usr/bin/env node
/**
 * Builds the page into `dashboard/dist`, when what it is made of has changed since, else does nothing (some 50 ms). Runs after
 * `npm install` and before `npm start`. Promises: it never fails an install or a start, because a city works without its page and
 * the city then says what to do at `/`; a build that breaks leaves the last good one; nothing is fetched.
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const here = fileURLToPath(new URL(".", import.meta.url))
const dist = join(here, "dist")
const stamp = join(dist, ".sources")

/** What the page is made of: its own files, and the versions of packages in the lock. */
const sources = async () => {
  const own = (await readdir(here, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !/^(dist|node_modules)/.test(path.slice(here.length)))
  const lock = join(here, "../package-lock.json")
  return [...own.sort(), ...(existsSync(lock) ? [lock] : [])]
}

const fingerprint = async () => {
  const hash = createHash("sha256")
  for (const path of await sources()) hash.update(path.slice(here.length)).update("\0").update(await readFile(path))
  return hash.digest("hex")
}

/** Beside each text its gzip form, so that no request pays for it. */
const compress = async (folder) => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name)
    if (!entry.isFile() || !/\.(js|mjs|css|svg)$/.test(entry.name)) continue
    const bytes = await readFile(path)
    if (bytes.length > 1024) await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  }
}

const build = async (vite, wanted) => {
  const fresh = join(here, `dist-${process.pid}`)
  try {
    await vite.build({
      configFile: join(here, "vite.config.ts"),
      logLevel: "warn",
      build: { outDir: fresh, emptyOutDir: true }
    })
    await compress(fresh)
    await writeFile(join(fresh, ".sources"), wanted)
    await rm(dist, { recursive: true, force: true })
    await rename(fresh, dist)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

const wanted = await fingerprint()
if (!existsSync(stamp) || (await readFile(stamp, "utf8")) !== wanted) {
  const started = performance.now()
  try {
    const vite = await import("vite")
    await build(vite, wanted)
    console.log(`  ✓ the page is built (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  } catch (error) {
    const isMissing = error?.code === "ERR_MODULE_NOT_FOUND"
    console.warn(
      isMissing
        ? "  the page is not built: its tools are development dependencies, which were left out (npm install brings them)"
        : `  the page could not be built, so the city runs ${existsSync(dist) ? "with the last one" : "without it"}: ${
          error instanceof Error ? error.message : String(error)
        }`
    )
    if (process.argv.includes("--strict")) process.exitCode = 1
  }
}
