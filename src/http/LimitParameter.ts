/** `limit`: how many items a page may have. The one number among the parameters, so its place in the OpenAPI document is mended here. */
import { Schema } from "effect"

/** A whole number from 1 to `maximum`, as text in a query. */
export const limitParameter = (maximum: number) =>
  Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })))

/** A query's parameters are text, so the generated schema of `limit` is a pattern; callers are told the number it means. */
export const describeLimit =
  (maximum: number, byDefault: number) => (operation: Record<string, any>): Record<string, any> => ({
    ...operation,
    parameters: operation["parameters"].map((parameter: { readonly name: string }) =>
      parameter.name === "limit"
        ? {
          ...parameter,
          schema: { type: "integer", minimum: 1, maximum, default: byDefault, description: "Most items of the answer" }
        }
        : parameter
    )
  })
