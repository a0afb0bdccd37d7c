import { endingOf, type Language } from "./languages";
import { printedScript } from "./typescriptCode";
import type { Workshop } from "./workshop";

/** Prints the code without comments and documentation; none of it is run. */
const pythonPrinter = `
import ast, sys
tree = ast.parse(open(sys.argv[1]).read())
for node in ast.walk(tree):
    body = getattr(node, "body", None)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)) and body:
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            body[0] = ast.Pass()
            if len(body) > 1: del body[0]
print(ast.dump(tree))
`;
/** As bash prints a function that has the code as its body. */
const bashPrinter = 'eval "code() {\n$(cat "$1")\n}" && declare -f code';

/** Whether two texts are the same code but for comments and layout. Neither is run. */
export async function sameCode(language: Language, one: string, other: string, workshop: Workshop): Promise<boolean> {
  const printed = await Promise.all([one, other].map((text) => withoutComments(language, text, workshop)));
  return printed[0] !== undefined && printed[0] === printed[1];
}

/** @returns undefined: it cannot even be read. */
async function withoutComments(language: Language, text: string, workshop: Workshop): Promise<string | undefined> {
  if (language === "typescript" || language === "javascript") return printedScript(text);
  const file = `code${endingOf(language)}`;
  const plain = text.replaceAll("\r\n", "\n");
  const folder = workshop.room({ [file]: plain, "print.py": pythonPrinter });
  const { code, output } = await workshop.run({ folder, command: printers[language](file) });
  // The preprocessor keeps the lines of a file, and their indentation.
  return code === 0 ? output.replaceAll(/\s+/gu, " ").trim() : undefined;
}

const printers: Readonly<Record<Exclude<Language, "typescript" | "javascript">, (file: string) => readonly string[]>> =
  {
    python: (file) => ["python3", "-B", "print.py", file],
    c: (file) => ["gcc", "-fpreprocessed", "-dD", "-E", "-P", file],
    cpp: (file) => ["g++", "-fpreprocessed", "-dD", "-E", "-P", file],
    shellscript: (file) => ["bash", "-c", bashPrinter, "print", file],
  };
