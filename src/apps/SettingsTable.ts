/** The settings as a Markdown table, for the README. */
import { settings } from "./SettingFlags.ts"

export const settingsTable = (): string =>
  [
    "| flag | variable | default | what it is |",
    "|---|---|---|---|",
    ...settings.map(({ description, env, fallback, fileEnv, flag, metavar }) =>
      `| \`--${flag} ${metavar.replaceAll("|", "\\|")}\` | \`${env}\`${
        fileEnv === undefined ? "" : ` or \`${fileEnv}\``
      } | ${fallback} | ${description} |`
    )
  ].join("\n")
