const scheme = "paddock-database:";

/** Names a database's schema where it is attached to a question. */
export function schemaUri(connection: string): string {
  return `${scheme}/${connection}`;
}

export function isSchemaUri(uri: string): boolean {
  return uri.startsWith(scheme);
}
