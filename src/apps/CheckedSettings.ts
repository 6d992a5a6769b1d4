/** Settings of a command: its flags and the environment, where nothing unknown may stand. */
import { Effect } from "effect"
import { withSecretFiles } from "./SecretFiles.ts"
import { type RawSettings, settings, unknownVariables } from "./SettingFlags.ts"
import { citySettings } from "./Settings.ts"
import { SettingInvalid } from "./SettingValues.ts"

export const checkedSettings = Effect.fnUntraced(function*(flags: RawSettings) {
  const unknown = unknownVariables(process.env)
  if (unknown.length > 0) {
    return yield* new SettingInvalid({
      setting: "environment",
      value: unknown.join(", "),
      expected: `a setting of Vicinity (known: ${settings.map((setting) => setting.env).join(", ")})`
    })
  }
  return yield* citySettings(yield* withSecretFiles(flags, process.env))
})
