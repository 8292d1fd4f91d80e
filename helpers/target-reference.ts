// What docs/ says about the target file, generated from its schema: a test keeps both files current (UPDATE=1 rewrites).

import { z } from "zod"
import { targetSchema } from "./target-schema.ts"

interface Schema {
  type?: string
  const?: unknown
  enum?: unknown[]
  default?: unknown
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
}

/** The JSON Schema of the target file, for editors, as the text of docs/target.schema.json. */
export function targetJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(targetSchema, { io: "input" }), null, 2)}\n`
}

/** The reference of every key, as the text of docs/target-file.md. */
export function targetReference(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(targetSchema, { io: "input" }) as Schema
  const sections = Object.entries(properties).map(([key, schema]) => {
    const rows = rowsOf(key, schema, required.includes(key) ? "required" : "optional")
    return [
      `## \`${key}\``,
      "",
      schema.description ?? "",
      "",
      "| key | type | default | meaning |",
      "| --- | --- | --- | --- |",
      ...rows,
    ].join("\n")
  })
  return `${[introduction, ...sections].join("\n\n")}\n`
}

const introduction = `# The target file

One YAML file says what is looked at and how to reach it. It is named by \`--target FILE\` or \`TARGET=FILE\`; there is no
default. \`fixtures/targets/example.yaml\` is one to copy, \`docs/target.schema.json\` makes an editor complete it.

- Generated from \`helpers/target-schema.ts\`; \`UPDATE=1 npx vitest run --project offline helpers/target-reference\` rewrites it.
- An unknown key is an error. A key without a default is required unless it says optional.
- Local paths are relative to the target file, and the files must exist. Those that hold a secret must be mode 0600.
- No secret stands in the file itself, nor in a URL.
- Sizes are written as Incus writes them: \`4GiB\` is 4 × 2^30 bytes, \`4GB\` is 4 × 10^9.`

function rowsOf(key: string, schema: Schema, need: string): string[] {
  const prefix = schema.items === undefined ? key : `${key}[]`
  const under = (shape: Schema, needed: string) =>
    Object.entries(shape.properties ?? {}).flatMap(([name, child]) =>
      rowsOf(`${prefix}.${name}`, child, shape.required?.includes(name) ? needed : "optional"),
    )
  const children = [
    ...under(schema, "required"),
    ...under(schema.items ?? {}, "required"),
    ...(schema.anyOf ?? []).flatMap((shape) => under(shape, "alternative")),
  ]
  if (schema.properties !== undefined && !key.includes(".")) return children
  return [
    `| ${[`\`${key}\``, typeOf(schema), defaultOf(schema, need), cell(schema.description ?? "")].join(" | ")} |`,
    ...children,
  ]
}

function typeOf({ type, const: only, enum: values, anyOf, items, properties }: Schema): string {
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(" or ")
  if (properties !== undefined) return `{ ${Object.keys(properties).join(", ")} }`
  if (only !== undefined) return `\`${String(only)}\``
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(" or ")
  if (type === "array") return `list of ${items === undefined ? "anything" : typeOf(items)}`
  return type ?? "anything"
}

function defaultOf(schema: Schema, need: string): string {
  if (schema.default === undefined) return need
  if (Array.isArray(schema.default) && schema.default.length > 0) {
    return schema.default.map((entry) => `\`${cell(named(entry))}\``).join("<br>")
  }
  return `\`${cell(typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default))}\``
}

/** An entry of a default list; one of several keys by what it is about. */
function named(entry: unknown): string {
  const { in: place, says, open } = Object(entry) as { in?: string; says?: string; open?: string }
  const about = says ?? open
  return about === undefined ? String(entry) : [place, about].filter((part) => part !== undefined).join(": ")
}

const cell = (text: string) => text.replaceAll("|", "\\|")
