/** A name in double quotes, as the standard has it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in single quotes, as the standard has it; not for MySQL, where a backslash would escape. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
