/**
 * Who may import whom in `src` (docs/ARCHITECTURE.md, "Who may import whom"). Promise: every way to name another module is
 * seen — import, export from, import type, `import("…")` as type and as value, `import =`, `require` — and one that is
 * computed at run time is refused, because it cannot be checked. A folder that has no rule is refused too.
 */
import { builtinModules } from "node:module"
import { posix } from "node:path"
import { parseAst } from "vitest/node"
import type { SourceFile } from "./SourceFiles.ts"

interface FolderRule {
  /** Folders of `src` it may import from, beside itself; a trailing file pattern narrows it. */
  readonly allows: ReadonlyArray<RegExp>
  /** Whether it knows technology: Node's own modules, `@effect/*`, client libraries. */
  readonly technology: boolean
  /** The rule in words. */
  readonly words: string
}

const core = "and of packages only `effect`"

const rules: Readonly<Record<string, FolderRule>> = {
  schemas: { allows: [], technology: false, words: `schemas import nothing of ours, ${core}` },
  analytics: { allows: [/^schemas\//], technology: false, words: `analytics import schemas, ${core}` },
  ports: { allows: [/^schemas\//], technology: false, words: `ports import schemas, ${core}` },
  ingest: {
    allows: [/^schemas\//, /^analytics\//, /^ports\//],
    technology: false,
    words: `ingest imports schemas, analytics and ports, ${core}`
  },
  actors: {
    allows: [/^schemas\//, /^analytics\//, /^ports\//],
    technology: false,
    words: `actors import schemas, analytics and ports, ${core}`
  },
  http: {
    allows: [/^schemas\//, /^ports\//, /^ingest\/(Door|ObservationItems)\.ts$/, /^actors\/\w+Protocol\.ts$/],
    technology: false,
    words: `http imports schemas, ports, ingest/Door.ts, ingest/ObservationItems.ts and actors/*Protocol.ts, ${core}`
  },
  adapters: {
    allows: [/^schemas\//, /^ports\//],
    technology: true,
    words: "an adapter imports schemas and ports, never an adapter of another technology"
  },
  apps: { allows: [/./], technology: true, words: "apps import everything" }
}

export interface Import {
  /** `undefined` where it is computed. */
  readonly specifier: string | undefined
  readonly line: number
}

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const literal = (value: unknown): string | undefined =>
  isNode(value) && value.type === "Literal" && typeof value["value"] === "string" ? value["value"] : undefined

/** What a node imports: `undefined` where it imports nothing, else the expression that says from where. */
const importedBy = (node: Node): unknown => {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node["source"]
    case "ExportNamedDeclaration":
      return node["source"] ?? undefined
    case "TSExternalModuleReference":
      return node["expression"]
    case "CallExpression": {
      const callee = node["callee"]
      const called = isNode(callee) && callee.type === "Identifier" && callee["name"] === "require"
      return called && Array.isArray(node["arguments"]) ? node["arguments"][0] : undefined
    }
    default:
      return undefined
  }
}

/** All imports of a module, in the order of the text. Throws where the text does not parse. */
export const importsOf = (file: SourceFile): ReadonlyArray<Import> => {
  const found: Array<Import & { readonly start: number }> = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) { for (const item of value) visit(item) }
    if (!isNode(value)) return
    const source = importedBy(value)
    if (source !== undefined) {
      const line = file.text.slice(0, value.start).split("\n").length
      found.push({ specifier: literal(source), line, start: value.start })
    }
    for (const key of Object.keys(value)) visit(value[key])
  }
  visit(parseAst(file.text, { lang: file.path.endsWith("ts") ? "ts" : "js" }))
  return found.toSorted((a, b) => a.start - b.start)
}

const builtins = new Set(builtinModules)

const isTechnology = (specifier: string): boolean =>
  specifier.startsWith("node:") || builtins.has(specifier) || !/^effect(\/|$)/.test(specifier)

/** `src/adapters/postgres/X.ts` → `postgres`; `undefined` outside adapters. */
const adapterOf = (pathInSrc: string): string | undefined => /^adapters\/([^/]+)\//.exec(pathInSrc)?.[1]

/** Why an import is not allowed, or `undefined` where it is. `from` is relative to the root of the project. */
export const importProblem = (from: string, specifier: string | undefined): string | undefined => {
  const inSrc = from.replace(/^src\//, "")
  const folder = inSrc.split("/")[0] ?? ""
  const rule = Object.hasOwn(rules, folder) ? rules[folder] : undefined
  if (rule === undefined || !inSrc.includes("/")) {
    return `src/${folder} has no import rule: add it to the table, by an ADR`
  }
  if (specifier === undefined) {
    return rule.technology
      ? undefined
      : "a computed import cannot be checked: name the module"
  }
  if (!specifier.startsWith(".")) return rule.technology || !isTechnology(specifier) ? undefined : rule.words
  const target = posix.join(posix.dirname(inSrc), specifier)
  if (target.startsWith("../")) return folder === "apps" ? undefined : "src imports nothing from outside src"
  const ours = folder === "adapters"
    ? adapterOf(target) !== undefined && adapterOf(target) === adapterOf(inSrc)
    : target.startsWith(`${folder}/`)
  return ours || rule.allows.some((allowed) => allowed.test(target)) ? undefined : rule.words
}

/** One sentence per forbidden import: file, line, import, rule. */
export const importViolations = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) =>
    importsOf(file).flatMap(({ line, specifier }) => {
      const problem = importProblem(file.path, specifier)
      return problem === undefined ? [] : [`${file.path}:${line} imports ${specifier ?? "a computed name"}: ${problem}`]
    })
  )
