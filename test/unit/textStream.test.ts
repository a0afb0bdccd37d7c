import type { LlamaModel, Token } from "node-llama-cpp";
import { describe, expect, it } from "vitest";
import { heldBack, type Markers, TextSplitter, TokenDecoder } from "../../src/engine/process/textStream";
import { seededRandom } from "../support/random";

const think: Markers = { reasoning: { open: "<think>", close: "</think>", startsOpen: false }, stop: [] };

/** Pushes the pieces and ends; what came out, and what had come out before the end. */
function split(markers: Markers, pieces: readonly string[]) {
  const splitter = new TextSplitter(markers);
  const all = { text: "", reasoning: "" };
  for (const piece of pieces) {
    const { text, reasoning, stopped } = splitter.push(piece);
    all.text += text;
    all.reasoning += reasoning;
    if (stopped) return { ...all, stopped: true };
  }
  const { text, reasoning } = splitter.end();
  return { text: all.text + text, reasoning: all.reasoning + reasoning, stopped: false };
}

describe("TextSplitter", () => {
  it("tells reasoning from text wherever the pieces are cut", () => {
    const whole = "<think>\nFirst < this, then that.</think>\n\nThe answer is 4 < 5.";
    const expected = { text: "The answer is 4 < 5.", reasoning: "First < this, then that.", stopped: false };
    const random = seededRandom(7);
    for (let round = 0; round < 200; round++) {
      const pieces: string[] = [];
      for (let at = 0; at < whole.length;) {
        const length = 1 + Math.floor(random() * 9);
        pieces.push(whole.slice(at, at + length));
        at += length;
      }
      expect(split(think, pieces)).toEqual(expected);
    }
  });

  it("takes a template that opens the reasoning itself, and reasoning that never closes", () => {
    const open: Markers = { reasoning: { open: "<think>", close: "</think>", startsOpen: true }, stop: ["END"] };
    expect(split(open, ["hm", "m</thi", "nk>yes"])).toEqual({ text: "yes", reasoning: "hmm", stopped: false });
    // A stop text is meant for the answer, not for the thoughts before it.
    expect(split(open, ["the END is </thi"])).toEqual({ text: "", reasoning: "the END is </thi", stopped: false });
  });

  it("ends before the first stop text and leaks no part of it", () => {
    const stops: Markers = { reasoning: null, stop: ["\n\n", "```"] };
    expect(split(stops, ["a = 1\n", "b = 2\n", "\nc"])).toEqual({ text: "a = 1\nb = 2", reasoning: "", stopped: true });
    expect(split(stops, ["``", "x``", "`y"])).toEqual({ text: "``x", reasoning: "", stopped: true });
  });

  it("holds back only what may become a marker, and gives it at the end", () => {
    const splitter = new TextSplitter({ reasoning: null, stop: ["STOP"] });
    expect(splitter.push("say ST").text).toBe("say ");
    expect(splitter.push("UN").text).toBe("STUN");
    expect(splitter.push("S").text).toBe("");
    expect(splitter.end().text).toBe("S");
    expect(heldBack("abcab", ["abd", "b!"])).toBe(2);
    expect(heldBack("abc", ["x"])).toBe(0);
  });
});

describe("TokenDecoder", () => {
  /** Every token is one byte, as in the worst byte-level vocabulary. */
  const bytes = {
    detokenize: (tokens: readonly Token[]) => Buffer.from(tokens as readonly number[]).toString("utf8"),
  } as unknown as LlamaModel;

  it("never shows half a character", () => {
    const decoder = new TokenDecoder(bytes, []);
    const shown = [...Buffer.from("a€𝄞é")].map((byte) => decoder.push(byte as Token));
    expect(shown.filter((piece) => piece !== "")).toEqual(["a", "€", "𝄞", "é"]);
    expect(decoder.flush()).toBe("");
  });

  it("gives bytes that are no character as U+FFFD instead of waiting for ever", () => {
    const decoder = new TokenDecoder(bytes, []);
    const [first, second] = [...Buffer.from("€")];
    expect(decoder.push(first as Token) + decoder.push(second as Token)).toBe("");
    expect(decoder.flush()).toContain("\uFFFD");
    const broken = [0x80, 0x80, 0x80, 0x80, 0x80].map((byte) => decoder.push(byte as Token)).join("");
    expect(broken).toContain("\uFFFD");
  });

  it("shows a special token that stands for text, after what waited before it", () => {
    const decoder = new TokenDecoder(bytes, [], new Map([[300 as Token, "<think>"]]));
    const [first] = [...Buffer.from("€")];
    expect(decoder.push(first as Token)).toBe("");
    expect(decoder.push(300 as Token)).toBe("\uFFFD<think>");
  });
});
