import path from "node:path";
import { expect, test } from "@playwright/test";
import { readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { openModel } from "../../src/gguf/node/modelFiles";
import { inspect, type InspectedModel } from "../../src/inspector/core/inspection";
import { ggufHeader, type HeaderTensor, type HeaderValue } from "../support/ggufHeaders";
import { themes } from "../support/themes";
import { expectAccessible } from "../support/webviewPage";
import { answersOf, openInspector } from "./inspectorPage";

let starter: InspectedModel;
test.beforeAll(async () => {
  const { files, missing } = await openModel(
    path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf"),
    new AbortController().signal,
  );
  starter = { files: files.map(({ path: at, ...file }) => ({ ...file, name: path.basename(at) })), missing };
});

const template = `{% for message in messages %}${"x".repeat(20_000)}{% endfor %}`;

/** A mixture of experts in two parts, half of its layers with a window; one part is not whole. */
function large(layers = 48): InspectedModel {
  const kinds = [12, 14, 8, 13];
  const tensorsOf = (layer: number): HeaderTensor[] =>
    [
      { name: "attn_norm.weight", dimensions: [2048] },
      { name: "attn_q.weight", dimensions: [2048, 4096], type: kinds[layer % 4] ?? 12 },
      { name: "attn_k.weight", dimensions: [2048, 512], type: 12 },
      { name: "attn_v.weight", dimensions: [2048, 512], type: 14 },
      { name: "attn_q_norm.weight", dimensions: [128] },
      { name: "attn_output.weight", dimensions: [4096, 2048], type: 20 },
      { name: "ffn_gate_inp.weight", dimensions: [2048, 128] },
      { name: "ffn_up_exps.weight", dimensions: [2048, 768, 128], type: 16 },
      { name: "ffn_gate_exps.weight", dimensions: [2048, 768, 128], type: 18 },
      { name: "ffn_down_exps.weight", dimensions: [768, 2048, 128], type: layer % 2 === 0 ? 10 : 19 },
    ].map((tensor) => ({ ...tensor, name: `blk.${layer}.${tensor.name}` }));
  const metadata: Record<string, HeaderValue> = {
    "general.architecture": "qwen3moe",
    "general.name": "A large model\u202e of experts",
    "general.file_type": 15,
    "qwen3moe.block_count": layers,
    "qwen3moe.context_length": 262_144,
    "qwen3moe.embedding_length": 2048,
    "qwen3moe.feed_forward_length": 6144,
    "qwen3moe.attention.head_count": 32,
    "qwen3moe.attention.head_count_kv": 4,
    "qwen3moe.attention.key_length": 128,
    "qwen3moe.attention.layer_norm_rms_epsilon": 0.000001,
    "qwen3moe.attention.sliding_window": 4096,
    "qwen3moe.attention.sliding_window_pattern": Array.from({ length: layers }, (_, layer) => layer % 2),
    "qwen3moe.rope.freq_base": 1_000_000,
    "qwen3moe.rope.scaling.type": "yarn",
    "qwen3moe.rope.scaling.factor": 4,
    "qwen3moe.expert_count": 128,
    "qwen3moe.expert_used_count": 8,
    "qwen3moe.expert_feed_forward_length": 768,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": Array.from({ length: 151 }, (_, index) => `token ${index}`),
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.chat_template": template,
    "quantize.imatrix.file": "imatrix.gguf",
  };
  const half = Math.ceil(layers / 2);
  const parts = [0, 1].map((part) => {
    const split = { "split.no": part, "split.count": 2 };
    const own = Array.from({ length: part === 0 ? half : layers - half }, (_, index) => tensorsOf(part * half + index));
    const header = readGgufHeader(
      ggufHeader(part === 0 ? { ...metadata, ...split } : split, [
        ...(part === 0
          ? [
              { name: "token_embd.weight", dimensions: [2048, 151], type: 8 },
              { name: "output.weight", dimensions: [2048, 151], type: 14 },
            ]
          : []),
        ...own.flat(),
      ]),
    );
    return { name: `large-0000${part + 1}-of-00002.gguf`, size: header.expectedSize - part * 1000, header };
  });
  return { files: parts, missing: [] };
}

const tabs = ["Architecture", "Tensors", "Types by Layer", "Metadata"];

for (const theme of Object.keys(themes)) {
  for (const width of [300, 1000]) {
    for (const name of ["starter", "large"]) {
      test(`each tab is accessible and fits: ${name}, ${theme}, ${width} px`, async ({ page }) => {
        await page.setViewportSize({ width, height: 900 });
        const opened = await openInspector(page, answersOf(name === "large" ? large() : starter), theme);
        for (const tab of tabs) {
          await opened.frame.getByRole("tab", { name: tab }).click();
          await expect(opened.frame.getByRole("tabpanel", { name: tab })).toBeVisible();
          await expect(opened.frame.locator("[role=tabpanel] table").first()).toBeVisible();
          await expectAccessible(page);
          await page.screenshot({ path: `test-results/inspector-${name}-${theme}-${width}-${tab}.png` });
          const overflow = await opened.frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          expect(overflow).toBeLessThanOrEqual(0);
        }
        expect(opened.problems).toEqual([]);
      });
    }
  }
}

test("the architecture is told in words and drawn", async ({ page }) => {
  const { frame } = await openInspector(page, answersOf(large()));
  await expect(frame.getByRole("heading", { level: 1 })).toHaveText("A large modelU+202E of experts");
  const panel = frame.getByRole("tabpanel", { name: "Architecture" });
  await expect(panel).toContainText("grouped-query (GQA): 8 heads share the keys and values of one");
  await expect(panel).toContainText("4,096 tokens, in 24 of 48 layers");
  await expect(panel).toContainText("mixture of experts (MoE): 128, of which 8 are used for a token");
  await expect(panel).toContainText("yarn, by 4");
  await expect(panel.getByRole("img", { name: /48 blocks of attention and feed-forward/ })).toBeVisible();
  await expect(panel.locator("svg .query")).toHaveCount(32);
  await expect(panel.locator("svg .key")).toHaveCount(4);
  await expect(panel.locator("svg .expert.used")).toHaveCount(8);
  await expect(panel.locator("svg .layer-sliding")).toHaveCount(24);
  await expect(frame.getByRole("note")).toContainText("large-00002-of-00002.gguf is cut short");
});

test("tabs go by keyboard, and what was looked at comes back", async ({ page }) => {
  const { frame, calls, tell } = await openInspector(page, answersOf(starter));
  await frame.getByRole("tab", { name: "Architecture" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(frame.getByRole("tab", { name: "Tensors" })).toBeFocused();
  await expect(frame.getByRole("tab", { name: "Tensors" })).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(frame.getByRole("tab", { name: "Metadata" })).toBeFocused();
  await expect(frame.getByRole("searchbox", { name: "Search keys and values" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(frame.getByRole("searchbox", { name: "Search keys and values" })).toBeFocused();
  await page.keyboard.type("rope");
  await expect(frame.getByRole("status").filter({ hasText: "keys" })).toHaveText("2 of 33 keys");
  // Tensors are asked for when a tab shows them, and once.
  expect(calls.filter(({ method }) => method === "tensors")).toHaveLength(1);
  // The file is another one: all is had anew, and the search is still there.
  await tell("changed", inspect("other.gguf", large()));
  await expect(frame.getByRole("heading", { level: 1 })).toContainText("A large model");
  await expect(frame.getByRole("searchbox", { name: "Search keys and values" })).toHaveValue("rope");
  expect(calls.filter(({ method }) => method === "metadata")).toHaveLength(2);
});

test("tensors are filtered, sorted and scrolled, thousands of them with a few rows' elements", async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 700 });
  const { frame } = await openInspector(page, answersOf(large(500)));
  await frame.getByRole("tab", { name: "Tensors" }).click();
  const table = frame.getByRole("table", { name: "Tensors" });
  await expect(table).toHaveAttribute("aria-rowcount", "5003");
  expect(await table.locator("tbody tr").count()).toBeLessThan(80);
  const first = table.locator("tbody tr").first();
  await expect(first).toContainText("token_embd.weight");
  await table.getByRole("button", { name: "Size" }).click();
  await expect(table.getByRole("columnheader", { name: "Size" })).toHaveAttribute("aria-sort", "descending");
  await expect(first).toContainText("exps.weight");
  await frame.locator("paddock-virtual-table .scroller").focus();
  await page.keyboard.press("End");
  await expect(table.locator("tbody tr").last()).toHaveAttribute("aria-rowindex", "5003");
  await expect(table.locator("tbody tr").last()).toBeInViewport();
  await expect(table.getByRole("columnheader", { name: "Name" })).toBeInViewport();
  await frame.getByRole("searchbox").fill("blk.7. exps iq2");
  await expect(frame.getByRole("status").filter({ hasText: "tensors" })).toContainText("1 of 5,002 tensors");
  await expect(first).toContainText("blk.7.ffn_up_exps.weight");
  await frame.getByRole("searchbox").fill("nothing like it");
  await expect(frame.getByText("No tensor matches.")).toBeVisible();
});

test("the map of types says each layer's", async ({ page }) => {
  const { frame } = await openInspector(page, answersOf(starter));
  await frame.getByRole("tab", { name: "Types by Layer" }).click();
  const table = frame.getByRole("table", { name: "Types of the tensors of each layer" });
  await expect(table.locator("tbody tr")).toHaveCount(30);
  await expect(table.getByRole("row", { name: /^7/ })).toContainText("Q4_1");
  await expect(frame.getByRole("region", { name: "Types, with their share of all bytes" })).toContainText("Q8_0 31.1%");
  await expect(frame.getByText("token_embd.weight")).toBeVisible();
});

test("a long value opens a piece at a time and closes by keyboard", async ({ page }) => {
  const { frame, calls } = await openInspector(page, answersOf(large()));
  await frame.getByRole("tab", { name: "Metadata" }).click();
  await frame.getByRole("button", { name: "Show all of tokenizer.chat_template" }).click();
  const value = frame.getByRole("region", { name: "tokenizer.chat_template" });
  await expect(value).toBeFocused();
  await expect(value.locator("pre")).toHaveText(template.slice(0, 16_384));
  await expectAccessible(page);
  await value.getByRole("button", { name: "Show more" }).click();
  await expect(value.locator("pre")).toHaveText(template);
  await value.getByRole("button", { name: "Copy" }).click();
  await expect.poll(() => calls.find(({ method }) => method === "copy")?.params.text).toBe(template);
  await page.screenshot({ path: "test-results/inspector-value.png" });
  await page.keyboard.press("Escape");
  await expect(value).toHaveCount(0);
  await expect(frame.getByRole("group", { name: "Metadata" })).toBeFocused();
});

for (const theme of Object.keys(themes)) {
  test(`what cannot be shown says what it is, and is read again: ${theme}`, async ({ page }) => {
    let isThere = false;
    const good = answersOf(starter);
    const failed = {
      kind: "failed",
      file: "page.gguf",
      message: "page.gguf is not a GGUF model file but a web page, probably of the site it was to come from.",
      remedy: "Choose a .gguf file; models in other formats must be converted first.",
    };
    const { frame } = await openInspector(page, (method, params) => (isThere ? good(method, params) : failed), theme);
    await expect(frame.getByRole("alert")).toContainText("but a web page");
    await expect(frame.getByRole("alert")).toContainText("must be converted first");
    await expectAccessible(page);
    await page.screenshot({ path: `test-results/inspector-failed-${theme}.png` });
    isThere = true;
    await frame.getByRole("button", { name: "Try Again" }).click();
    await expect(frame.getByRole("tab")).toHaveCount(4);
  });
}
