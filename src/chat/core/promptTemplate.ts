/** What a new prompt file says, in the person's language; each of one line. */
export interface TemplateWords {
  readonly description: string;
  readonly task: string;
  /** What the lines of the header are for. */
  readonly aboutDescription: string;
  readonly aboutVariables: string;
  readonly aboutInputs: string;
  readonly aboutLinks: string;
  /** What makes an action of it, and what its fields say. */
  readonly aboutActions: string;
  readonly aboutWhere: string;
  readonly aboutContext: string;
  readonly aboutOutput: string;
  readonly aboutModel: string;
}

/** It teaches by being a prompt that works. What it explains stands in the header, which no model is given. */
export function promptTemplate(words: TemplateWords): string {
  return `---
# ${words.aboutDescription}
description: ${JSON.stringify(words.description)}
# ${words.aboutVariables}
#   \${selection}  \${file}  \${fileBasename}  \${fileDirname}  \${workspaceFolder}
# ${words.aboutInputs}
#   \${input:name}  \${input:name:placeholder}
# ${words.aboutLinks}
#   [style guide](../../docs/style.md)
# ${words.aboutActions}
#where: selection # ${words.aboutWhere}
#context: file # ${words.aboutContext}
#output: chat # ${words.aboutOutput}
#model: NAME # ${words.aboutModel}
---

${words.task}

\`\`\`
\${selection}
\`\`\`
`;
}

/** A person's words as a file's name: what every file system takes and what can be typed after "/". */
export function promptFileName(words: string): string {
  return words
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_-]+/gu, "-")
    .replace(/^-+|-+$/gu, "")
    .slice(0, 60);
}
