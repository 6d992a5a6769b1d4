/**
 * A disk that gets full, twice for real: a limit on the size of files (any user may set one on itself), and a small
 * file system in memory where the system lets us mount one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { program, run, temporaryFolder } from "./FileLogFolders.ts"
import type { FullDiskStory } from "./FileLogOnFullDisk.ts"

const storyOf = Effect.fnUntraced(function*(command: string, parameters: ReadonlyArray<string>) {
  const { code, errors, lines } = yield* run(command, parameters)
  assert.strictEqual(code, 0, errors)
  const story: FullDiskStory = JSON.parse(lines.at(-1) ?? "")
  return story
})

const assertNothingLost = (story: FullDiskStory): void => {
  assert.isAbove(story.before.length, 30)
  assert.lengthOf(story.after, 60)
  assert.deepStrictEqual(story.readWhileFull, story.before)
  assert.deepStrictEqual(story.readReopened, story.before)
  assert.deepStrictEqual(story.readAtEnd, [...story.before, ...story.after])
  for (const { message, tag } of story.refusals) {
    assert.strictEqual(tag, "LogUnavailable")
    assert.include(
      message,
      "the disk is full; nothing of this append is kept, and it will work again when there is room"
    )
  }
}

/** `unshare` as root, or with a user namespace where ordinary users may have one; `undefined` where neither may mount. */
const unshare = [["-m"], ["-Ur", "-m"]].find((flags) =>
  spawnSync("unshare", [...flags, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0
)

describe("FileLog on a full disk", () => {
  it.live("refuses at a limit on the size of files, keeps all it acknowledged, and goes on when the limit is lifted", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      // 512-byte blocks in a POSIX shell: 200 kB, while a segment may have 512 kB.
      const script = 'ulimit -S -f 400 && exec "$@"'
      const room = ["prlimit", "--pid", "PID", "--fsize=unlimited"]

      const story = yield* storyOf("sh", [
        "-c",
        script,
        "sh",
        process.execPath,
        program("FileLogOnFullDisk.ts"),
        folder,
        ...room
      ])

      assertNothingLost(story)
    }))

  it.live.skipIf(unshare === undefined)(
    "refuses on a full file system, keeps all it acknowledged, and goes on when there is room (needs leave to mount)",
    () =>
      Effect.gen(function*() {
        const folder = yield* temporaryFolder
        const script = 'mount -t tmpfs -o size=3m tmpfs "$0" && head -c 1000000 /dev/zero > "$0/filler" && exec "$@"'
        const filler = path.join(folder, "filler")
        const log = path.join(folder, "log")
        const node = [process.execPath, program("FileLogOnFullDisk.ts"), log, "rm", filler]

        const story = yield* storyOf("unshare", [...(unshare ?? []), "sh", "-c", script, folder, ...node])

        assertNothingLost(story)
        assert.isAbove(story.before.length, 300, "several segments")
        assert.lengthOf(fs.readdirSync(folder), 0)
      })
  )
})
