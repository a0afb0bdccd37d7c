import type { Node, Tree } from "@vscode/tree-sitter-wasm";
import type { EnclosingHead, SyntaxAt, SyntaxBody } from "../core/syntaxAt";

const definitions = new Set([
  // TypeScript and JavaScript
  "function_declaration",
  "generator_function_declaration",
  "function_expression",
  "arrow_function",
  "class_declaration",
  "abstract_class_declaration",
  "class",
  "method_definition",
  "interface_declaration",
  "enum_declaration",
  "internal_module",
  // Python, C++, PHP, shells
  "function_definition",
  "class_definition",
  "class_specifier",
  "struct_specifier",
  "enum_specifier",
  "namespace_definition",
  "function_statement",
  "class_statement",
  // Go and Rust
  "method_declaration",
  "type_spec",
  "function_item",
  "impl_item",
  "struct_item",
  "enum_item",
  "trait_item",
  "mod_item",
  // Java and C#
  "constructor_declaration",
  "record_declaration",
  "struct_declaration",
  "namespace_declaration",
  "local_function_statement",
  "property_declaration",
  "trait_declaration",
  // Ruby
  "method",
  "singleton_method",
  "module",
]);
const opening = new Set(["{", "(", "[", "#{", "${"]);
const closing = new Set(["}", ")", "]"]);
/** More lines of a head are parameters. */
const longestHead = 12;

/**
 * What a tree says of a place in its text.
 * @param at UTF-16 units from the text's beginning.
 * @param firstLine the document's line that the text begins with.
 */
export function readTree(tree: Tree, text: string, at: number, firstLine: number): SyntaxAt {
  const around = ancestors(tree.rootNode.descendantForIndex(at));
  // At the end of a line comment, and of a body without a bracket, the cursor stands behind the node.
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const before = ancestors(tree.rootNode.descendantForIndex(Math.max(0, at - 1)));
  const last = lastText(tree.rootNode, text, at);
  const indented = last === undefined ? [] : suiteAncestors(last, text.slice(lineStart, at));
  const body = bracketBody(around, at, firstLine) ?? suiteBody(last, text.slice(lineStart, at), firstLine);
  const heads = around.length >= indented.length ? around : indented;
  return { within: within(around, before, text, at), body, heads: headsOf(heads, at, firstLine) };
}

/** From the node outwards. */
function ancestors(node: Node | null): Node[] {
  const found: Node[] = [];
  for (let one = node; one !== null; one = one.parent) found.push(one);
  return found;
}

function within(around: readonly Node[], before: readonly Node[], text: string, at: number): SyntaxAt["within"] {
  const comment = before.find(isComment);
  if (comment !== undefined && comment.startIndex < at) {
    const isBlock = /(?:\*\/|-->|#>)$/.test(text.slice(comment.startIndex, comment.endIndex));
    if (at < comment.endIndex || (!isBlock && !text.slice(comment.startIndex, at).endsWith("\n"))) return "comment";
  }
  for (const node of around) {
    // The code inside a template.
    if (/substitution|interpolation/.test(node.type) && node.startIndex < at && at < node.endIndex) return "code";
    const isString = /(?:^|_)(?:string|heredoc|char)(?:_|$)|^regex$/.test(node.type) && node.isNamed;
    if (isString && node.startIndex < at && at < node.endIndex) return "string";
  }
  return "code";
}

function isComment({ type }: Node): boolean {
  return type.includes("comment");
}

/** The innermost body in brackets: its opener stands before the cursor, and its closer after it or nowhere. */
function bracketBody(around: readonly Node[], at: number, firstLine: number): SyntaxBody | undefined {
  for (const node of around) {
    if (node.isError) return undefined;
    const children = present(node.children);
    const open = children.find(({ type, endIndex }) => opening.has(type) && endIndex <= at);
    const close = children.findLast(({ type }) => closing.has(type));
    if (open === undefined || (close !== undefined && !close.isMissing && close.startIndex < at)) continue;
    const inside = children.filter((one) => one.startIndex >= open.endIndex && one.isNamed && !one.isMissing);
    return {
      openerLine: firstLine + open.startPosition.row,
      empty: inside.every((one) => isComment(one) && !one.isError),
    };
  }
  return undefined;
}

/** The last node before the cursor that is no comment. */
function lastText(root: Node, text: string, at: number): Node | undefined {
  let end = text.slice(0, at).trimEnd().length;
  while (end > 0) {
    const node = root.descendantForIndex(end - 1);
    if (node === null || !isComment(node)) return node ?? undefined;
    end = text.slice(0, node.startIndex).trimEnd().length;
  }
  return undefined;
}

/** The nodes that a line of this indentation goes on with: those that are indented less, in an indented language. */
function suiteAncestors(last: Node, prefix: string): Node[] {
  const columns = prefix.trim() === "" ? prefix.length : 0;
  return ancestors(last).filter(({ type, startPosition }) => type !== "block" && startPosition.column < columns);
}

/** A Python body that holds nothing, or nothing but its docstring. */
function suiteBody(last: Node | undefined, prefix: string, firstLine: number): SyntaxBody | undefined {
  if (last === undefined || prefix.trim() !== "") return undefined;
  const isColon = last.type === ":";
  const statement = ancestors(last).find((one) => one.parent?.type === (isColon ? one.parent?.type : "block"));
  const block = isColon ? undefined : statement?.parent;
  const owner = isColon ? last.parent : block?.parent;
  if (owner === null || owner === undefined || owner.startPosition.column >= prefix.length) return undefined;
  const colon = present(owner.children).findLast(({ type, endIndex }) => type === ":" && endIndex <= last.endIndex);
  if (colon === undefined) return undefined;
  const inside = block === undefined || block === null ? [] : present(block.namedChildren);
  return {
    openerLine: firstLine + colon.startPosition.row,
    empty: inside.every((one) => isComment(one) || isDocstring(one)),
  };
}

function isDocstring(node: Node): boolean {
  return node.type === "expression_statement" && node.namedChildCount === 1 && node.namedChild(0)?.type === "string";
}

function headsOf(around: readonly Node[], at: number, firstLine: number): EnclosingHead[] {
  const heads: EnclosingHead[] = [];
  for (const node of around) {
    // The root of a Python file is named like a definition of Ruby.
    if (!definitions.has(node.type) || !node.isNamed || node.parent === null || node.startIndex >= at) continue;
    const body = node.childForFieldName("body");
    // In its own head the cursor stands in no body.
    if (body !== null && body.startIndex > at) continue;
    const first = node.startPosition.row;
    const brace = body !== null && body.child(0)?.type === "{" ? body.startPosition.row : undefined;
    const last = brace ?? body?.previousSibling?.endPosition.row ?? first;
    heads.unshift({
      name: nameOf(node),
      firstLine: firstLine + first,
      lastLine: firstLine + Math.max(first, Math.min(last, first + longestHead)),
    });
  }
  return heads;
}

function nameOf(node: Node): string {
  // `const name = () => {`
  const isValue = node.type === "arrow_function" || node.type === "function_expression";
  const name = node.childForFieldName("name") ?? (isValue ? node.parent?.childForFieldName("name") : undefined);
  if (name !== null && name !== undefined) return name.text;
  let declared = node.childForFieldName("declarator");
  for (let next = declared; next !== null; next = next.childForFieldName("declarator")) declared = next;
  // What a Rust impl is for.
  return (declared ?? node.childForFieldName("type"))?.text ?? "";
}

function present(nodes: readonly (Node | null)[]): Node[] {
  return nodes.filter((node) => node !== null);
}
