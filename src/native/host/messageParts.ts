import * as vscode from "vscode";
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
