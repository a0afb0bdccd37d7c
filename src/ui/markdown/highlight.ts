import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import lua from "highlight.js/lib/languages/lua";
import makefile from "highlight.js/lib/languages/makefile";
import php from "highlight.js/lib/languages/php";
import powershell from "highlight.js/lib/languages/powershell";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  dockerfile,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  lua,
  makefile,
  php,
  powershell,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
};
for (const [name, grammar] of Object.entries(languages)) hljs.registerLanguage(name, grammar);

export interface Coloured {
  /** HTML with hljs-* classes, everything else escaped. */
  readonly html: string;
  /** Nothing is open at the end: what follows can be coloured by itself. */
  readonly complete: boolean;
}

export function knowsLanguage(language: string): boolean {
  return hljs.getLanguage(language) !== undefined;
}

const ready = new Set<string>();

/** Reads the grammar, which takes longer than colouring does. @returns false where it has been read already. */
export function makeReady(language: string): boolean {
  if (ready.has(language)) return false;
  ready.add(language);
  hljs.highlight("x", { language, ignoreIllegals: true });
  return true;
}

export function isWebPage(language: string): boolean {
  return hljs.getLanguage(language) === hljs.getLanguage("xml");
}

/** Code without colours, as the highlighter would write it. */
export function escaped(code: string): string {
  return code.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @param language one that is known. */
export function colour(code: string, language: string): Coloured {
  const { value, _top: end } = hljs.highlight(code, { language, ignoreIllegals: true });
  return { html: value, complete: end === hljs.getLanguage(language) };
}
