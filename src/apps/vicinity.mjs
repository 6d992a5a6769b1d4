#!/usr/bin/env node
/**
 * Entry of the command line: plain JavaScript, so that it starts under whatever Node the host has, and hands over to the
 * Node 24 that came with `npm install` where the host's own is older.
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const major = Number(process.versions.node.split(".")[0])
if (major >= 24) await import("./main.ts")
else {
  const own = fileURLToPath(new URL(`../../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url))
  if (!existsSync(own)) {
    console.error(
      `vicinity needs Node 24; this is ${process.version}, and npm has installed no Node for ${process.platform}/${process.arch}. `
        + "Install Node 24 (https://nodejs.org) and run again."
    )
    process.exit(1)
  }
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" })
  // A terminal sends the signal to both; a supervisor only to this process.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
