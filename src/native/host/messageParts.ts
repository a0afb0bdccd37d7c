import * as vscode from "vscode";
import type { PromptMessage, Tool } from "../../engine/protocol";
import type { GivenMessage, GivenPart } from "../core/givenMessages";

/** Between VS Code's classes for messages and what they say. */

/** By number: extensions with the proposed API send a system role, which the stable one has no name for. */
const roles: Readonly<Record<number, GivenMessage["role"]>> = {
  [vscode.LanguageModelChatMessageRole.Assistant]: "assistant",
  3: "system",
};

export function givenMessage({ role, content }: vscode.LanguageModelChatRequestMessage): GivenMessage {
  return { role: roles[role] ?? "user", parts: content.flatMap(givenPart) };
}

function givenPart(part: unknown): GivenPart[] {
  if (part instanceof vscode.LanguageModelTextPart) return [{ kind: "text", text: part.value }];
  if (part instanceof vscode.LanguageModelToolCallPart)
    return [{ kind: "call", id: part.callId, name: part.name, input: part.input }];
  if (part instanceof vscode.LanguageModelToolResultPart)
    return [{ kind: "result", id: part.callId, text: part.content.map(resultText).join("") }];
  const mediaType = mediaTypeOf(part);
  return mediaType === undefined ? [] : [{ kind: "data", mediaType }];
}

/** What a tool gave, as text; a tree of prompt-tsx as its JSON, which is all that is known of it here. */
function resultText(part: unknown): string {
  if (part instanceof vscode.LanguageModelTextPart) return part.value;
  if (part instanceof vscode.LanguageModelPromptTsxPart) return JSON.stringify(part.value);
  return "";
}

/** LanguageModelDataPart, by its shape: older editors have no such class. */
function mediaTypeOf(part: unknown): string | undefined {
  if (typeof part !== "object" || part === null || !("mimeType" in part)) return undefined;
  return typeof part.mimeType === "string" ? part.mimeType : undefined;
}

/** A prompt of ours for a model of another extension. The stable API has no system role: it goes before the question. */
export function foreignMessages(messages: readonly PromptMessage[]): vscode.LanguageModelChatMessage[] {
  return messages.map((message) => {
    switch (message.role) {
      case "system":
      case "user":
        return vscode.LanguageModelChatMessage.User(message.text);
      case "assistant":
        return vscode.LanguageModelChatMessage.Assistant(
          message.parts.flatMap((part): (vscode.LanguageModelTextPart | vscode.LanguageModelToolCallPart)[] => {
            // What it reasoned is another provider's business.
            if (part.type === "reasoning") return [];
            return part.type === "text"
              ? [new vscode.LanguageModelTextPart(part.text)]
              : [new vscode.LanguageModelToolCallPart(part.id, part.name, asObject(part.arguments))];
          }),
        );
      case "tool":
        return vscode.LanguageModelChatMessage.User([
          new vscode.LanguageModelToolResultPart(message.callId, [
            new vscode.LanguageModelTextPart(
              typeof message.result === "string" ? message.result : JSON.stringify(message.result),
            ),
          ]),
        ]);
    }
  });
}

export function foreignTools(tools: readonly Tool[]): vscode.LanguageModelChatTool[] {
  return tools.map(({ name, description, parameters }) => ({
    name,
    description,
    ...(parameters === undefined ? {} : { inputSchema: parameters }),
  }));
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
