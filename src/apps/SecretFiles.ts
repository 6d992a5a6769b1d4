/**
 * Secrets that are files: where `VICINITY_…_FILE` is set, the content of that file is the setting, so that a secret need not stand
 * in the environment, which children and error reports see. A flag goes before it; both variables at once are refused.
 */
import { Effect, Option } from "effect"
import { readFile } from "node:fs/promises"
import { type RawSettings, settings } from "./SettingFlags.ts"
import { SettingInvalid } from "./SettingValues.ts"

type Environment = Readonly<Record<string, string | undefined>>

const content = (variable: string, file: string) => {
  const refuse = (expected: string) => new SettingInvalid({ setting: variable, value: file, expected })
  return Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (error) => refuse(`a file that can be read (${error instanceof Error ? error.message : String(error)})`)
  }).pipe(
    Effect.map((text) => text.trim()),
    Effect.filterOrFail((text) => text !== "", () => refuse("a file with something in it"))
  )
}

export const withSecretFiles = Effect.fnUntraced(function*(raw: RawSettings, environment: Environment) {
  const filled: Record<string, Option.Option<string>> = {}
  for (const { env, fileEnv, key } of settings) {
    const file = fileEnv === undefined ? undefined : environment[fileEnv]
    if (fileEnv === undefined || file === undefined) continue
    if (environment[env] !== undefined) {
      const expected = `the only one: ${env} is set too, and one of them must go`
      return yield* new SettingInvalid({ setting: fileEnv, value: file, expected })
    }
    if (Option.isNone(raw[key as keyof RawSettings])) filled[key] = Option.some(yield* content(fileEnv, file))
  }
  return { ...raw, ...filled }
})
