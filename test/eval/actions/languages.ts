/** The languages that cases are judged in, by VS Code's names. */
export const languages = ["typescript", "javascript", "python", "c", "cpp", "shellscript"] as const;
export type Language = (typeof languages)[number];

const endings: Readonly<Record<Language, readonly string[]>> = {
  typescript: [".ts"],
  javascript: [".mjs"],
  python: [".py"],
  c: [".c"],
  cpp: [".cpp"],
  shellscript: [".sh"],
};

export function languageOf(name: string): Language | undefined {
  return languages.find((language) => endings[language].some((ending) => name.endsWith(ending)));
}

export function endingOf(language: Language): string {
  return endings[language][0] ?? "";
}
