/**
 * Which property of a map's features is the id of a district and which its name: what the settings say, else what the file
 * suggests. Promise: ids are present, valid and different in every feature, or the sentence says which feature is at fault
 * and what properties there are; a name can be stored, whatever the file has.
 */
import { Result } from "effect"
import { idProblem } from "../schemas/Identifiers.ts"

export interface Feature {
  /** Position in the file, from 0. */
  readonly index: number
  readonly id: unknown
  readonly properties: Readonly<Record<string, unknown>>
  readonly geometry: unknown
}

export interface NameOptions {
  /** Property that holds the id; otherwise the features' own `id`, then a property that can be one. */
  readonly idProperty?: string | undefined
  /** Property that holds the name; otherwise one that is called like a name, then the id. */
  readonly nameProperty?: string | undefined
}

/** How to read id and name of a feature. */
export interface Naming {
  readonly idOf: (feature: Feature) => string | undefined
  readonly nameOf: (feature: Feature) => string | undefined
  /** In words, for the start's report. */
  readonly words: string
}

/** Tried in this order when no feature has an `id`; then every other property. */
const idWords = /^(id|code|key|.*(_id|_code|tunnus|numero.*|number|ref|nummer|codigo|postcode|zip))$/i
/** Called like a name in the languages whose open data we know. */
const nameWords =
  /^(name|nimi|namn|naam|nom|nombre|nome|label|title)$|^(name|nimi|namn|naam|nom|nombre|nome)[_:-]|name$/i

export const chooseNaming = (
  features: ReadonlyArray<Feature>,
  { idProperty, nameProperty }: NameOptions
): Result.Result<Naming, string> => {
  const properties = propertiesOf(features)
  const absent = [idProperty, nameProperty].find((name) => name !== undefined && !properties.includes(name))
  if (absent !== undefined) {
    return Result.fail(`has no property "${absent}": its features have ${listed(properties)}`)
  }
  const name = nameProperty ?? properties.find((key) => nameWords.test(key) && isEverywhere(features, key))
  const nameOf = (feature: Feature) => name === undefined ? undefined : storable(textOf(feature.properties[name]))
  const nameWordsUsed = name === undefined ? "the id" : `property "${name}"`
  if (idProperty === undefined && isDistinct(features.map(({ id }) => textOf(id)))) {
    return Result.succeed({
      idOf: ({ id }) => textOf(id),
      nameOf,
      words: `id: the feature's id; name: ${nameWordsUsed}`
    })
  }
  const id = idProperty ?? suitableId(features, properties)
  if (id === undefined) {
    return Result.fail(
      `has no id in every feature, and no property that is different in each: name the property that is the id (--district-id)`
        + `; its features have ${listed(properties)}`
    )
  }
  const idOf = (feature: Feature) => textOf(feature.properties[id])
  return Result.succeed({ idOf, nameOf, words: `id: property "${id}"; name: ${nameWordsUsed}` })
}

/** What is wrong with the ids that a naming gives, in a sentence that names the feature. */
export const idsProblem = (features: ReadonlyArray<Feature>, naming: Naming): string | undefined => {
  const seen = new Map<string, number>()
  for (const feature of features) {
    const id = naming.idOf(feature)
    if (id === undefined) {
      return `feature ${feature.index} has no id (${naming.words}): it must be a text or a number, and it has ${
        listed(Object.keys(feature.properties))
      }`
    }
    const problem = idProblem(id)
    if (problem !== undefined) {
      return `feature ${feature.index} has the id ${JSON.stringify(id.slice(0, 60))}, which ${problem}`
    }
    const earlier = seen.get(id)
    if (earlier !== undefined) {
      return `features ${earlier} and ${feature.index} have the same id "${id}" (${naming.words}): make them one MultiPolygon, `
        + `or name another property (--district-id); they have ${listed(Object.keys(feature.properties))}`
    }
    seen.set(id, feature.index)
  }
  return undefined
}

const suitableId = (features: ReadonlyArray<Feature>, properties: ReadonlyArray<string>): string | undefined => {
  const candidates = properties.filter((key) => isDistinct(features.map((feature) => idText(feature.properties[key]))))
  return candidates.find((key) => idWords.test(key)) ?? candidates[0]
}

/** Whole numbers and short texts; a length or an area is different everywhere, too, and no id. */
const idText = (value: unknown): string | undefined => {
  const text = typeof value === "number" && !Number.isInteger(value) ? undefined : textOf(value)
  return text === undefined || idProblem(text) !== undefined ? undefined : text
}

const textOf = (value: unknown): string | undefined => {
  if (typeof value === "number" && Number.isFinite(value)) return String(value)
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined
}

/** What no database keeps in a text (NUL, half a surrogate pair) becomes U+FFFD: a name must never stop a shard. */
const storable = (text: string | undefined): string | undefined => text?.toWellFormed().replaceAll("\0", "\uFFFD")

const isDistinct = (texts: ReadonlyArray<string | undefined>): boolean =>
  texts.length > 0 && !texts.includes(undefined) && new Set(texts).size === texts.length

const isEverywhere = (features: ReadonlyArray<Feature>, key: string): boolean =>
  features.every(({ properties }) => typeof properties[key] === "string" && textOf(properties[key]) !== undefined)

/** In the order of first appearance. */
const propertiesOf = (features: ReadonlyArray<Feature>): ReadonlyArray<string> => [
  ...new Set(features.flatMap(({ properties }) => Object.keys(properties)))
]

const listed = (properties: ReadonlyArray<string>): string =>
  properties.length === 0 ? "no properties" : `the properties ${properties.slice(0, 30).join(", ").slice(0, 400)}`
