import type { ToolParameters } from "./toolDefinition";

/**
 * A tool of somebody else's describes its arguments in any JSON Schema there is. What a grammar can hold a model to is
 * less: types, properties, items, enumerations, alternatives. The rest is left out; whoever owns the tool checks what it
 * is called with. Deeper or larger than this, and no model could fill it in.
 */
const deepest = 6;
const mostProperties = 60;
const mostChoices = 200;
const maxDescription = 400;
/** What a name of an argument may be made of: it is printed among a template's own marks. */
const usableName = /^[\w.$-]{1,64}$/u;
const plainTypes: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "null"]);

type Loose = Readonly<Record<string, unknown>>;

/** The arguments as a grammar can have them: an object in any case. Optional ones may be null. */
export function portableParameters(schema: unknown): ToolParameters {
  const made = isObject(schema) ? objectOf(schema, 1) : undefined;
  return made ?? { type: "object", properties: {} };
}

/** Takes the nulls away that stand for optional arguments not given. */
export function withoutNulls(args: unknown, schema: unknown): unknown {
  if (!isObject(args) || !isObject(schema) || !isObject(schema.properties)) return args ?? {};
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const { properties } = schema;
  return Object.fromEntries(
    Object.entries(args).flatMap(([name, value]) => {
      if (value === null && !required.has(name)) return [];
      const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return [[name, isObject(value) ? withoutNulls(value, own) : value]];
    }),
  );
}

function objectOf(schema: Loose, depth: number): ToolParameters | undefined {
  const all = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const properties = all.filter(([name]) => usableName.test(name));
  if (depth > deepest || properties.length > mostProperties) return undefined;
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return {
    type: "object",
    ...described(schema),
    properties: Object.fromEntries(
      properties.map(([name, own]) => {
        const made = anyOf(own, depth + 1);
        return [name, required.has(name) ? made : { oneOf: [made, { type: "null" }], ...described(own) }];
      }),
    ),
  };
}

function anyOf(schema: unknown, depth: number): Loose {
  const anything = { type: "string" };
  if (!isObject(schema) || depth > deepest) return anything;
  const words = described(schema);
  if (Array.isArray(schema.enum)) {
    const values = schema.enum.filter(isPlain).slice(0, mostChoices);
    return values.length === 0 ? { ...anything, ...words } : { enum: values, ...words };
  }
  if (isPlain(schema.const)) return { const: schema.const, ...words };
  const choices = [schema.oneOf, schema.anyOf].find(Array.isArray) as readonly unknown[] | undefined;
  if (choices !== undefined && choices.length > 0)
    return { oneOf: choices.slice(0, mostChoices).map((choice) => anyOf(choice, depth + 1)), ...words };
  const { type } = schema;
  if (Array.isArray(type)) {
    const kinds = type.filter((one) => plainTypes.has(one));
    return kinds.length === 0 ? { ...anything, ...words } : { type: kinds, ...words };
  }
  if (type === "object" || isObject(schema.properties)) return objectOf(schema, depth) ?? { ...anything, ...words };
  if (type === "array") return { type: "array", items: anyOf(schema.items, depth + 1), ...words };
  return { type: plainTypes.has(type) ? type : "string", ...words };
}

function described(schema: unknown): Loose {
  const words = isObject(schema) ? schema.description : undefined;
  return typeof words === "string" && words !== "" ? { description: words.slice(0, maxDescription) } : {};
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
