import { expect, it } from "vitest";
import { isNamed, symbolLinkOfCode } from "../../src/platform/core/symbolLinks";

it.each([
  ["fitPrompt", { name: "fitPrompt" }],
  ["fitPrompt()", { name: "fitPrompt" }],
  ["fitPrompt(messages, …)", { name: "fitPrompt" }],
  ["ChatController.send", { name: "send", container: "ChatController" }],
  ["std::vector::push_back", { name: "push_back", container: "vector" }],
  ["Chat#ask", { name: "ask", container: "Chat" }],
  ["this.send", { name: "send" }],
  ["größe", { name: "größe" }],
  ["$store", { name: "$store" }],
])("%s names a symbol", (text, link) => {
  expect(symbolLinkOfCode(text)).toEqual(link);
});

it.each([
  "",
  "x",
  "a b",
  "a-b-c",
  "42abc",
  "foo;bar",
  "$(rm -rf)",
  "command:foo",
  "<script>",
  "foo(bar())",
  "foo('x')",
  "fo\u202eo",
  "foo\u200bbar",
  "../foo",
  "foo\n",
  "a".repeat(121),
  `${"a.".repeat(5_000)}b`,
])("%j names none", (text) => {
  expect(symbolLinkOfCode(text)).toBeUndefined();
});

it("takes a symbol only by its whole name and its container", () => {
  expect(isNamed({ name: "send" }, "send", "Anything")).toBe(true);
  expect(isNamed({ name: "send" }, "send(int, Text<T>)", "")).toBe(true);
  expect(isNamed({ name: "send" }, "sendAll", "")).toBe(false);
  expect(isNamed({ name: "send" }, "Send", "")).toBe(false);
  expect(isNamed({ name: "send", container: "Chat" }, "send", "chat/host.Chat")).toBe(true);
  expect(isNamed({ name: "send", container: "Chat" }, "send", "ChatView")).toBe(false);
  expect(isNamed({ name: "max", container: "Math" }, "max", "")).toBe(false);
});
