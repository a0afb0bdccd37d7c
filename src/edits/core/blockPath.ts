export interface NamedPath {
  /** As it was written; it has not passed the gate of workspacePath. */
  readonly path: string;
  /** The block's first line names it and is not part of the code. */
  readonly firstLine: boolean;
}

const fileName =
  /^(?:[\w@.+~()[\]-]+[\\/])*(?:[\w@.+()[\]-]*\.[A-Za-z]\w{0,9}|Dockerfile|Makefile|Gemfile|Rakefile|LICENSE)$/;
const labels = /^(?:file|filename|path|title)\s*[:=]\s*/i;

/** The file a code block names: at its fence (ts src/a.ts, src/a.ts, ts:src/a.ts, title="src/a.ts") or in a comment. */
export function blockPath(info: string, text: string): NamedPath | undefined {
  const quoted = /(?:file|filename|path|title)\s*[:=]\s*(?:"([^"]+)"|'([^']+)')/i.exec(info);
  const spoken = quoted?.[1] ?? quoted?.[2];
  if (spoken !== undefined && isPath(spoken)) return { path: spoken, firstLine: false };
  for (const word of info.split(/[\s{}]+/)) {
    const bare = word
      .replace(labels, "")
      .replace(/^[A-Za-z+#]+:(?=[^\\/])/, "")
      .replace(/[,:]$/, "");
    if (isPath(bare)) return { path: bare, firstLine: false };
  }
  const [first = ""] = text.split(/\r?\n/, 1);
  const comment = /^\s*(?:\/\/|#|--|;|%|\/\*+|<!--)\s*(.+?)\s*(?:\*\/|-->)?\s*$/.exec(first)?.[1]?.replace(labels, "");
  return comment !== undefined && isPath(comment) ? { path: comment, firstLine: true } : undefined;
}

function isPath(text: string): boolean {
  return fileName.test(text) || (/[\\/]/.test(text) && fileName.test(text.replace(/^([A-Za-z]:|~)?[\\/]+/, "")));
}
