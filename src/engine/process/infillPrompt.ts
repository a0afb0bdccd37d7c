import type { LlamaModel, Token } from "node-llama-cpp";
import type { DescribedPart, InfillLayout, InfillPrompt } from "../infill";
import { infillLayout, specialToken } from "./infillLayout";
import { TokenizedTexts } from "./tokenizedTexts";

/** A part of the prompt, in order. `text` is what a person reads of it. */
export interface PromptPart {
  readonly part: DescribedPart["part"];
  readonly name?: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

/**
 * Lays infill prompts out for one model. Each text is tokenised by itself, so that no token of an earlier part depends
 * on what was typed; special tokens written in a text stay plain text.
 */
export class InfillPrompts {
  readonly layout: InfillLayout;
  private readonly texts: TokenizedTexts;
  private readonly marks: ReadonlySet<Token>;
  private readonly special = new Map<string, Token | null>();

  constructor(private readonly model: LlamaModel) {
    this.layout = infillLayout(model);
    this.texts = new TokenizedTexts((text, leading) => this.tokenize(text, leading));
    this.marks = this.marksOf(this.layout).tokens;
  }

  /** Tokens that end what is generated besides those that end a generation, and texts of marks that are no one token. */
  marksOf(layout: InfillLayout): { tokens: ReadonlySet<Token>; texts: readonly string[] } {
    const tokens = new Set<Token>();
    const texts: string[] = [];
    const { order, repository, file } = layout;
    const own = order === "prefix-only" ? [] : [layout.prefix, layout.suffix, layout.middle];
    for (const mark of [...own, repository, file]) {
      if (mark === undefined) continue;
      const token = this.specialToken(mark);
      if (token === null) texts.push(mark);
      else tokens.add(token);
    }
    return { tokens, texts };
  }

  parts(prompt: InfillPrompt, layout: InfillLayout = this.layout): PromptPart[] {
    const parts: PromptPart[] = beginning(this.model).map((token) => ({
      part: "beginning",
      text: this.model.detokenize([token], true),
      tokens: [token],
    }));
    const put = (part: PromptPart["part"], text: string, name?: string, mark?: string): void => {
      if (text === "" && mark === undefined) return;
      parts.push({
        part,
        ...(name === undefined ? {} : { name }),
        text: `${mark ?? ""}${text}`,
        tokens: [...(mark === undefined ? [] : this.mark(mark)), ...this.texts.of(text, "trimLeadingSpace")],
      });
    };
    const { order, file: fileMark } = layout;
    if (layout.repository !== undefined && prompt.repository !== "")
      put("repository", `${prompt.repository}\n`, undefined, layout.repository);
    for (const { name, text } of prompt.files) {
      if (fileMark === undefined) put("file", `${headline(name)}${ended(text)}\n`, name);
      else put("file", `${name}\n${ended(text)}`, name, fileMark);
    }
    // Where files are marked, the edited one is the last of them, named or not.
    if (fileMark !== undefined && (prompt.files.length > 0 || prompt.file !== ""))
      put("fileName", prompt.file === "" ? "" : `${prompt.file}\n`, undefined, fileMark);
    const putPrefix = (): void => {
      if (fileMark === undefined && prompt.file !== "") put("fileName", headline(prompt.file));
      put("prefix", prompt.prefix);
    };
    switch (order) {
      case "prefix-suffix-middle":
        put("mark", "", undefined, layout.prefix);
        putPrefix();
        put("mark", "", undefined, layout.suffix);
        put("suffix", prompt.suffix);
        put("mark", "", undefined, layout.middle);
        break;
      case "suffix-prefix-middle":
        put("mark", "", undefined, layout.suffix);
        put("suffix", prompt.suffix);
        put("mark", "", undefined, layout.prefix);
        putPrefix();
        if (layout.middle !== undefined) put("mark", "", undefined, layout.middle);
        break;
      case "prefix-only":
        putPrefix();
        break;
    }
    put("typed", prompt.typed);
    return parts;
  }

  describe(prompt: InfillPrompt, layout: InfillLayout | undefined): DescribedPart[] {
    return this.parts(prompt, layout).map(({ tokens, ...part }) => ({ ...part, tokens: tokens.length }));
  }

  private mark(text: string): readonly Token[] {
    const token = this.specialToken(text);
    return token === null ? this.texts.of(text, "trimLeadingSpace") : [token];
  }

  /** A handful of texts, the layouts' marks, asked for with each key. */
  private specialToken(text: string): Token | null {
    const known = this.special.get(text);
    if (known !== undefined) return known;
    const token = specialToken(this.model, text);
    this.special.set(text, token);
    return token;
  }

  /** Some vocabularies find their special tokens in any text; there the mark's text is taken apart. */
  private tokenize(text: string, leading: "trimLeadingSpace" | undefined): readonly Token[] {
    const tokens = this.model.tokenize(text, false, leading);
    const found = tokens.find((token) => this.marks.has(token));
    if (found === undefined) return tokens;
    const mark = this.model.detokenize([found], true);
    const at = mark === "" ? -1 : text.indexOf(mark);
    if (at === -1) return tokens.filter((token) => !this.marks.has(token));
    return [...this.tokenize(text.slice(0, at + 1), leading), ...this.tokenize(text.slice(at + 1), "trimLeadingSpace")];
  }
}

/** What a prompt begins with, where the model was trained so. */
export function beginning(model: LlamaModel): Token[] {
  return model.tokens.shouldPrependBosToken && model.tokens.bos !== null ? [model.tokens.bos] : [];
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** How a line of comment begins and ends, by the file name's extension; most languages know // */
const comments: readonly (readonly [extensions: RegExp, begin: string, end: string])[] = [
  [/\.(py|pyi|rb|sh|bash|zsh|fish|pl|pm|r|jl|ex|exs|nix|ya?ml|toml|tf|cmake|mk|ps1|graphql|coffee)$/i, "# ", ""],
  [/(^|\/)(Makefile|Dockerfile|Gemfile|Rakefile|CMakeLists\.txt)$/, "# ", ""],
  [/\.(sql|lua|hs|elm|ada|adb|ads|vhdl?)$/i, "-- ", ""],
  [/\.(html?|xml|svg|vue|svelte|md|markdown|xaml|csproj)$/i, "<!-- ", " -->"],
  [/\.(css|ml|mli)$/i, "/* ", " */"],
  [/\.(lisp|el|clj|cljs|scm|rkt|ini|asm)$/i, "; ", ""],
  [/\.(tex|erl|hrl|m|pro)$/i, "% ", ""],
];

/** A line that names a file where the model has no mark for it. */
function headline(name: string): string {
  const [, begin, end] = comments.find(([extensions]) => extensions.test(name)) ?? [undefined, "// ", ""];
  // A line end in a name would leave the comment.
  return `${begin}${name.replace(/[\r\n]+/g, " ")}${end}\n`;
}
