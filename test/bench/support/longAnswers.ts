/** Answers of the sizes that hurt, made of what models write. Lengths in characters. */
const prose =
  "The scheduler hands out **compute slots** by priority, and a job of *higher* priority pauses the one that runs; see `src/engine/scheduler.ts` or [the paper](https://example.com/paper) for why. ";

const code = (lines: number): string =>
  `\`\`\`typescript\n${Array.from({ length: lines }, (_, n) => `  const value${n} = await compute(${n}, "text ${n}"); // step ${n}`).join("\n")}\n\`\`\`\n\n`;

const table = (rows: number): string =>
  `| Name | Size | What it does |\n| --- | ---: | --- |\n${Array.from({ length: rows }, (_, n) => `| \`item${n}\` | ${n * 37} | Does **thing ${n}** well |`).join("\n")}\n\n`;

const list = (items: number): string =>
  `${Array.from({ length: items }, (_, n) => `- Point ${n} with *emphasis*\n  - and a nested \`detail${n}\``).join("\n")}\n\n`;

export function mixedAnswer(length: number): string {
  let text = "";
  for (let n = 1; text.length < length; n++) {
    text += `## Part ${n}\n\n${prose.repeat(3)}\n\n${list(8)}${code(25)}${table(10)}`;
  }
  return text.slice(0, length);
}

export const paragraph = (length: number): string => prose.repeat(Math.ceil(length / prose.length)).slice(0, length);
export const longCode = (lines: number): string => code(lines);
export const longTable = (rows: number): string => table(rows);
export const longList = (items: number): string => list(items);
