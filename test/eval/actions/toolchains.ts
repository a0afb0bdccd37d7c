import { existsSync } from "node:fs";
import type { Language } from "./languages";

/** Programs are looked for where a system keeps them: a sandbox may not see a home folder's own. */
const systemFolders = ["/usr/local/bin", "/usr/bin", "/bin"];

const tools: Readonly<Record<Language, { readonly program: string; readonly debian: string } | undefined>> = {
  // Node itself runs both.
  typescript: undefined,
  javascript: undefined,
  python: { program: "python3", debian: "python3" },
  c: { program: "gcc", debian: "gcc libc6-dev" },
  cpp: { program: "g++", debian: "g++" },
  shellscript: { program: "bash", debian: "bash" },
};

/** Why nothing can be judged in a language here, with what to install; undefined: everything is there. */
export function missingFor(language: Language): string | undefined {
  const tool = tools[language];
  if (tool === undefined || systemFolders.some((folder) => existsSync(`${folder}/${tool.program}`))) return undefined;
  return `${tool.program} is not installed: sudo apt-get install ${tool.debian}`;
}
