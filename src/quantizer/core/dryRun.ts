import { ggmlTypes } from "../../gguf/core/ggmlTypes";

/** The words of llama.cpp's dry run, the only place where it tells what it would make of each tensor. */
const tensorLine = /^\[\s*\d+\/\s*\d+\] (.*?)\s* - \[[\s\d,]+\], type =\s*(\S+), $/s;
const sizeLine = /^size = [^\n]*?(?:\((\w+)\))?\n$/;
const imatrixLine = "will require an imatrix";

export interface DryRun {
  readonly tensors: readonly { readonly name: string; readonly type: number }[];
  readonly needsImatrix: boolean;
}

/**
 * @param messages what llama.cpp logged, message by message.
 * @param names of the source's tensors; a name that llama.cpp tells and the source does not have is a failure.
 * @returns undefined when that is not the log of a dry run over all these tensors.
 */
export function readDryRun(messages: readonly string[], names: ReadonlySet<string>): DryRun | undefined {
  const types = new Map([...ggmlTypes].map(([type, { name }]) => [name.toLowerCase(), type]));
  const tensors = new Map<string, number>();
  let current: { readonly name: string; readonly type: string } | undefined;
  let needsImatrix = false;
  for (const message of messages) {
    needsImatrix ||= message.includes(imatrixLine);
    const begun = tensorLine.exec(message);
    if (begun !== null) current = { name: begun[1] ?? "", type: begun[2] ?? "" };
    const ended = current === undefined ? null : sizeLine.exec(message);
    if (current === undefined || ended === null) continue;
    const type = types.get((ended[1] ?? current.type).toLowerCase());
    if (type === undefined || !names.has(current.name)) return undefined;
    tensors.set(current.name, type);
    current = undefined;
  }
  if (tensors.size !== names.size) return undefined;
  return { tensors: [...tensors].map(([name, type]) => ({ name, type })), needsImatrix };
}
