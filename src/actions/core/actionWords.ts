import type { ActionRequest, CodeProblem, CodeRequest, CodeSubject } from "./actionRequest";
import { definitionIn } from "./definition";
import { languageForm } from "./languageForms";
import { selectionShape } from "./selectionShape";

/** What the prompts say. They are for models, which know programming best in English. */
export const systemWords = "You are an expert programmer. You do exactly what is asked and nothing more.";

/** A longer line is not quoted, characters. */
const maxQuoted = 200;
const onlyCode = "Reply with the code only, in one code block.";

/** The task, after all that it is about. @param asJson the answer's form is held by a grammar. */
export function taskWords(request: ActionRequest, asJson: boolean): string {
  const own = request.instruction?.trim() ?? "";
  const also = own === "" ? "" : ` ${sentence(own)}`;
  switch (request.kind) {
    case "explain":
      return own !== "" ? own : "Explain what this code does and how, in a few short paragraphs.";
    case "fix":
      return `Fix ${problemWords(request)} Change nothing else.${also} ${onlyCode}`;
    case "edit":
      return `${sentence(own)} Change only what that needs. ${onlyCode}`;
    case "document":
      return asJson
        ? `Write the documentation of ${nameWords(request)}: one sentence that says what it does${also === "" ? "." : `.${also}`}`
        : `Add short comments that document this code. Leave the code itself as it is.${also} ${onlyCode}`;
    case "tests":
      return `Write ${testWords(request.subject.languageId)} for ${nameWords(request)}. Cover the usual case and the edge cases.${also} ${onlyCode}`;
    case "simplify":
      return `Make this code simpler and shorter. It must do exactly the same as before.${also} ${onlyCode}`;
    case "translate":
      return `Translate this code to ${languageForm(request.targetLanguage ?? "python").name}. Keep its names and what it does.${also} ${onlyCode}`;
    case "name":
      return `Suggest better names for ${nameWords(request)}: they say what it is or does.${also} ${asJson ? "" : "Reply with the names only, one on each line."}`.trim();
    case "commit":
      return `Write the commit message for this change: a short subject in the imperative mood.${also} ${
        asJson ? "" : 'Reply with the message only. Its first line is "type(scope): subject".'
      }`.trim();
    case "explainCommand":
      return own !== "" ? own : "This command failed. Say why, and how to fix it.";
    case "summarize":
      return own !== "" ? own : "Summarise this file: what it is for, and its main parts, in a short list.";
    case "askFolder":
      return own !== "" ? own : "Say what this folder is for and how it is laid out.";
  }
}

function problemWords({ subject: { problems } }: CodeRequest): string {
  return problems.length === 0 ? "the mistakes in this code." : "the problem that is reported.";
}

function nameWords({ subject }: CodeRequest): string {
  const { lines } = selectionShape(subject);
  const name = definitionIn(lines, subject.languageId)?.name;
  const [only = ""] = lines;
  if (name !== undefined) return `\`${name}\``;
  return lines.length === 1 && /^[\w$]+$/u.test(only) ? `\`${only}\`` : "this code";
}

/** What tests are written with where a project says nothing else. */
function testWords(languageId: string): string {
  const framework: Readonly<Record<string, string>> = {
    python: "pytest tests",
    typescript: "tests with describe, it and expect",
    javascript: "tests with describe, it and expect",
    typescriptreact: "tests with describe, it and expect",
    javascriptreact: "tests with describe, it and expect",
    java: "JUnit 5 tests",
    kotlin: "JUnit 5 tests",
    go: "tests with the testing package",
    rust: "tests in a `#[cfg(test)] mod tests`",
    csharp: "xUnit tests",
    ruby: "RSpec tests",
    php: "PHPUnit tests",
  };
  return (Object.hasOwn(framework, languageId) ? framework[languageId] : undefined) ?? "a small test program";
}

export function problemLine({ line, severity, message, source }: CodeProblem): string {
  const words = message.trim().replace(/\s*\n\s*/gu, " ");
  return `- line ${line}, ${severity}: ${words}${source === undefined ? "" : ` (${source})`}`;
}

/** A line of the file without its indentation, from 1; "" where there is none, or nobody would quote it. */
export function sourceLine({ before, selected, after }: CodeSubject, line: number): string {
  const text = (before + selected + after).split(/\r\n?|\n/u)[line - 1]?.trim() ?? "";
  return text.length > maxQuoted ? "" : text;
}

function sentence(words: string): string {
  return /[.!?:]$/u.test(words) ? words : `${words}.`;
}
