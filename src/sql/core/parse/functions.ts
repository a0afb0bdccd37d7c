import type { DatabaseEngine } from "../schema";
import { pureFunctions } from "./functionNames";
import { forbidden } from "./refused";
import type { Call, Expression } from "./tree";

/** Texts that a function may be told to make longer, characters; what is longer only fills memory. */
const maxMade = 100_000;

/** Functions that make as much as a number tells them: which argument that is. */
const makers: ReadonlyMap<string, number> = new Map([
  ["repeat", 1],
  ["lpad", 1],
  ["rpad", 1],
  ["space", 0],
  ["array_fill", 1],
  ["list_resize", 1],
  ["array_resize", 1],
  ["bar", 3],
]);

const templates = new Set(["printf", "format"]);

/** Throws Refused, naming the function, where it is not among those that only compute. */
export function checkFunction(engine: DatabaseEngine, call: Call): void {
  const name = call.name.at(-1)?.text ?? "";
  const written = call.name.map((part) => part.text).join(".");
  const qualified =
    call.name.length > 1 && !(engine === "postgres" && call.name.length === 2 && call.name[0]?.text === "pg_catalog");
  const known = name.toLowerCase();
  if (qualified || !/^[a-z_][a-z0-9_]*$/i.test(name) || !pureFunctions[engine].has(known))
    throw forbidden(`The function ${written} is not among those that only compute.`);
  const size = makers.get(known);
  if (size !== undefined) checkSize(written, call, size);
  if (templates.has(known) && engine !== "mysql" && engine !== "mariadb") checkTemplate(written, call);
}

function checkSize(name: string, call: Call, place: number): void {
  const argument = call.args?.[place];
  if (argument === undefined) return;
  const size = argument.kind === "value" ? plainNumber(argument.value) : undefined;
  if (size === undefined || size > maxMade)
    throw forbidden(`The function ${name} must be given a number up to ${maxMade} for the size of what it makes.`);
}

function plainNumber(expression: Expression): number | undefined {
  if (expression.kind === "unary" && expression.operator === "-") return plainNumber(expression.operand);
  return expression.kind === "literal" && expression.value.type === "number"
    ? Number(expression.value.digits)
    : undefined;
}

/** A template with a width of many digits, or one that comes from elsewhere, fills memory with blanks. */
function checkTemplate(name: string, call: Call): void {
  const template = call.args?.[0];
  const literal = template?.kind === "value" && template.value.kind === "literal" ? template.value.value : undefined;
  if (template !== undefined && (literal?.type !== "string" || /\*|\d{5}|\{[^}]*\{/.test(literal.text)))
    throw forbidden(`The function ${name} must be given a template in quotes, without wide fields.`);
}
