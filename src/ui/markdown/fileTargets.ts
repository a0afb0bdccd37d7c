import type { default as markdownIt, Token } from "markdown-it";
import { fileLinkOfTarget, fileLinkText } from "../../platform/core/fileLinks";

type MarkdownIt = InstanceType<typeof markdownIt>;

/**
 * A link to a file becomes its text and the file as inline code: the reader sees where it leads, nothing but web
 * addresses passes the sanitizer, and whoever knows the files makes links of inline code. The file stands alone where
 * it says what the text says.
 */
export function fileTargetsAsCode(markdown: MarkdownIt): void {
  markdown.core.ruler.after("inline", "file-targets", ({ tokens }) => {
    for (const token of tokens) {
      if (token.type === "inline" && token.children?.some(({ type }) => type === "link_open") === true)
        token.children = replaced(token.children);
    }
  });
}

function replaced(tokens: readonly Token[]): Token[] {
  const result: Token[] = [];
  let open: { readonly at: number; readonly path: string; readonly target: string } | undefined;
  for (const token of tokens) {
    if (token.type === "link_open") {
      const link = fileLinkOfTarget(String(token.attrGet("href") ?? ""));
      if (link !== undefined) {
        open = { at: result.length, path: link.path, target: fileLinkText(link) };
        continue;
      }
    } else if (token.type === "link_close" && open !== undefined) {
      const text = result.slice(open.at);
      const code = sibling(token, "code_inline", "code", open.target);
      const { path, target } = open;
      const said = text.length === 1 ? `/${text[0]?.content ?? ""}` : "";
      if (text.length === 0) result.push(code);
      else if (said !== "" && (`/${path}`.endsWith(said) || `/${target}`.endsWith(said))) result[open.at] = code;
      else result.push(sibling(token, "text", "", " ("), code, sibling(token, "text", "", ")"));
      open = undefined;
      continue;
    }
    result.push(token);
  }
  return result;
}

function sibling({ constructor, level }: Token, type: string, tag: string, content: string): Token {
  const token = new (constructor as typeof Token)(type, tag, 0);
  token.content = content;
  token.level = level;
  return token;
}
