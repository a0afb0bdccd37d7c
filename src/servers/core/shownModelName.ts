/** A file by its whole path, of either kind of system; "organisation/model" is none. */
const path = /^(?:[/\\]|[A-Za-z]:[/\\]|\.{1,2}[/\\])|\.gguf$/i;

/** For people: llama-server and vLLM call a model by the path of its file or folder unless they are told an alias. */
export function shownModelName(name: string): string {
  if (!path.test(name)) return name;
  return name.split(/[/\\]/).findLast((part) => part !== "") ?? name;
}
