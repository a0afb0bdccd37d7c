import { open, readFile, stat } from "node:fs/promises";
import { afterValue } from "./ggufValue";

const alignment = 32;
const stringType = 8;

/** Writes the same model with another chat template: what else the file says stays as it is. */
export async function withChatTemplate(donor: string, target: string, template: string): Promise<void> {
  const bytes = await readFile(donor);
  const tensors = Number(bytes.readBigUInt64LE(8));
  const values = Number(bytes.readBigUInt64LE(16));
  let at = 24;
  let from = -1;
  let to = -1;
  for (let index = 0; index < values; index++) {
    const length = Number(bytes.readBigUInt64LE(at));
    const name = bytes.toString("utf8", at + 8, at + 8 + length);
    const type = bytes.readUInt32LE(at + 8 + length);
    const value = at + 8 + length + 4;
    at = afterValue(bytes, value, type);
    if (name === "tokenizer.chat_template" && type === stringType) [from, to] = [value, at];
  }
  if (from === -1) throw new Error("The donor has no chat template.");
  for (let index = 0; index < tensors; index++) {
    at += 8 + Number(bytes.readBigUInt64LE(at));
    at += 4 + bytes.readUInt32LE(at) * 8 + 4 + 8;
  }
  const text = Buffer.from(template);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const head = Buffer.concat([bytes.subarray(0, from), size, text, bytes.subarray(to, at)]);
  const file = await open(target, "w");
  try {
    await file.write(head);
    await file.write(Buffer.alloc(padding(head.length)));
    await file.write(bytes.subarray(at + padding(at)));
  } finally {
    await file.close();
  }
  if ((await stat(target)).size < bytes.length / 2) throw new Error("The model was not written.");
}

function padding(length: number): number {
  return (alignment - (length % alignment)) % alignment;
}

/**
 * A template with tools, for a model that was trained with none: a call begins as a sentence that the model can be asked
 * to say, so that real text leads to a real call, whose name and arguments the grammar then holds to what is offered.
 */
export const toolTemplate =
  "{% if tools %}{{ '<|im_start|>system\\nTools: ' + (tools | tojson) + '<|im_end|>\\n' }}{% endif %}" +
  "{% for message in messages %}" +
  "{% if message['role'] == 'tool' %}{{ '<|im_start|>tool\\n' + message['content'] + '<|im_end|>\\n' }}" +
  "{% elif message['tool_calls'] %}{{ '<|im_start|>assistant\\n' + (message['content'] or '') }}" +
  "{% for call in message['tool_calls'] %}{{ 'I will call ' + call['function']['name'] + ' with ' + (call['function']['arguments'] | tojson) + '.' }}{% endfor %}" +
  "{{ '<|im_end|>\\n' }}" +
  "{% else %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endif %}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** What makes the starter say a call's beginning, at temperature 0. */
export const callingQuestion = 'Repeat this sentence word for word: "I will call list_models with {}."';
