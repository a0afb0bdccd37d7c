import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { PaddockError } from "../../src/platform/core/errors";
import type { BenchResult } from "../../src/speed/core/benchmark";
import { readResults, toRows, writeResults } from "../../src/speed/core/llamaBench";
import { benchFormats } from "../../src/speed/core/llamaBenchText";
import { rateOf } from "../../src/speed/core/statistics";
import { benchResult, samplesAt } from "../support/benchResults";
import { mutate } from "../support/mutate";
import { seededRandom } from "../support/random";

/** The fields of llama-bench at llama.cpp v0.5.0, in its order. */
const fieldsThere =
  "build_commit,build_number,cpu_info,gpu_info,backends,model_filename,model_type,model_size,model_n_params,n_batch," +
  "n_ubatch,n_threads,cpu_mask,cpu_strict,poll,type_k,type_v,n_gpu_layers,n_cpu_moe,split_mode,main_gpu,no_kv_offload," +
  "flash_attn,devices,tensor_split,tensor_buft_overrides,load_mode,lazy_mode,embeddings,no_op_offload,no_host,fit_target," +
  "fit_min_ctx,n_prompt,n_gen,n_depth,test_time,avg_ns,stddev_ns,avg_ts,stddev_ts";

const deep = benchResult({
  ...{ id: "two", test: { promptTokens: 0, generatedTokens: 128, depth: 4096 }, samplesNs: samplesAt(128, [20, 22]) },
});
const now = Date.UTC(2026, 5, 1);
/** Of a result, what a llama-bench file can hold. */
const kept = ({ machine, model, parameters, test: of, at }: BenchResult) => ({
  ...{ at, machine: { ...machine, bindingVersion: "" }, model: { ...model, hash: null }, parameters, test: of },
});

describe("writing", () => {
  test("rows have llama-bench's fields and its statistics", () => {
    const [row] = toRows([benchResult()]);
    expect(Object.keys(row?.values ?? {}).join(",")).toBe(fieldsThere);
    expect(row?.values).toMatchObject({
      ...{ build_commit: "b6000", build_number: "6000", test_time: "2026-01-02T03:04:05Z", flash_attn: "1" },
      ...{ n_prompt: "512", n_gen: "0", n_depth: "0", avg_ts: "100.000000", stddev_ts: "1.000000", load_mode: "none" },
      ...{ avg_ns: "5120341367", stddev_ns: "51205973", poll: "50", split_mode: "layer", devices: "auto" },
    });
    expect(row?.samplesTs.map((rate) => rate.toFixed(3))).toEqual(["100.000", "101.000", "99.000"]);
  });

  test("the table is llama-bench's", () => {
    expect(writeResults("md", [benchResult(), deep])).toBe(
      [
        "| model                          |       size |     params | backend    | threads | n_batch |  fa |         lm |            test |                  t/s |",
        "| ------------------------------ | ---------: | ---------: | ---------- | ------: | ------: | --: | ---------: | --------------: | -------------------: |",
        "| llama 135M Q4_1                |  85.83 MiB |   134.52 M | CPU        |       2 |     512 |   1 |       none |           pp512 |        100.00 ± 1.00 |",
        "| llama 135M Q4_1                |  85.83 MiB |   134.52 M | CPU        |       2 |     512 |   1 |       none |   tg128 @ d4096 |         21.00 ± 1.41 |",
        "",
        "build: b6000 (6000)",
        "",
      ].join("\n"),
    );
  });

  test("two versions have two tables, each with its build below", () => {
    const other = benchResult({ machine: { ...benchResult().machine, llamaCppVersion: "abc123 (7)" } });
    const text = writeResults("md", [benchResult(), other]);
    expect(text.match(/^build: .*$/gm)).toEqual(["build: b6000 (6000)", "build: abc123 (7)"]);
  });

  test("JSON, JSONL, CSV and SQL are what their readers expect", () => {
    const quoted = benchResult({ model: { ...benchResult().model, type: `it's "quoted", \\ and\nbroken` } });
    const [first] = JSON.parse(writeResults("json", [quoted, deep])) as Record<string, unknown>[];
    expect(Object.keys(first ?? {}).join(",")).toBe(`${fieldsThere},samples_ns,samples_ts`);
    expect(first).toMatchObject({ model_type: quoted.model.type, n_prompt: 512, cpu_strict: false, no_op_offload: 0 });
    const lines = writeResults("jsonl", [quoted, deep]).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toHaveLength(2);
    expect(writeResults("csv", [deep]).split("\n")[0]).toBe(fieldsThere);
    expect(writeResults("csv", [quoted])).toContain('"it\'s ""quoted"", ');
    const sql = writeResults("sql", [quoted]);
    expect(sql).toMatch(
      /^CREATE TABLE IF NOT EXISTS llama_bench \(\n {2}build_commit TEXT,\n {2}build_number INTEGER,/,
    );
    expect(sql).toContain("'it''s \"quoted\", ");
    expect(writeResults("json", [])).toBe("[\n\n]\n");
  });
});

describe("reading", () => {
  test("what was written comes back, but for what the format does not hold", () => {
    const written = [benchResult(), deep];
    for (const format of benchFormats) {
      const { results, leftOut } = readResults(writeResults(format, written), now);
      expect(leftOut, format).toBe(0);
      expect(results, format).toHaveLength(2);
      for (const [index, result] of results.entries()) {
        const original = written[index] ?? benchResult();
        expect(rateOf(result).mean, format).toBeCloseTo(rateOf(original).mean, format === "md" ? 2 : 4);
        expect(rateOf(result).deviation, format).toBeCloseTo(rateOf(original).deviation, format === "md" ? 2 : 4);
        expect(result.test, format).toEqual(original.test);
        if (format === "md") continue;
        expect(kept(result), format).toEqual(kept(original));
      }
    }
    expect(readResults(writeResults("json", written), now).results[1]?.samplesNs).toEqual(deep.samplesNs);
  });

  test("a second writing is the first", () => {
    const { results } = readResults(writeResults("json", [benchResult(), deep]), now);
    for (const format of ["json", "jsonl"] as const)
      expect(writeResults(format, readResults(writeResults(format, results), now).results)).toBe(
        writeResults(format, results),
      );
  });

  test("the same row is the same result, however often it is read", () => {
    for (const format of benchFormats) {
      const text = writeResults(format, [benchResult()]);
      const [id] = readResults(text, now).results.map((result) => result.id);
      expect(
        readResults(text, now + 1e9).results.map((result) => result.id),
        format,
      ).toEqual([id]);
    }
  });

  test("older files: without backends, load mode, depth and with true for 1", () => {
    const old = {
      ...{ build_commit: "8cf427f", build_number: 3000, cuda: true, vulkan: false, cpu_info: "C", gpu_info: "G" },
      ...{ model_filename: "C:\\models\\a.gguf", model_type: "llama 7B Q4_0", n_batch: 2048, n_ubatch: 512 },
      ...{ use_mmap: true, flash_attn: false, n_gpu_layers: 99, n_prompt: 512, n_gen: 0, n_cpu_moe: 4 },
      ...{ test_time: "2024-04-24T11:58:50Z", avg_ns: 512e9, stddev_ns: 51.2e9 },
    };
    const [result] = readResults(JSON.stringify([old]), now).results;
    expect(result).toMatchObject({
      ...{ from: "imported", at: Date.UTC(2024, 3, 24, 11, 58, 50), samplesNs: [], test: { depth: 0 } },
      machine: { backend: "CUDA", llamaCppVersion: "8cf427f (3000)" },
      model: { fileName: "a.gguf" },
      parameters: { flashAttention: false, useMmap: true, gpuLayers: 99, besides: { n_cpu_moe: "4" } },
      doubts: [{ kind: "variance", share: 0.1 }],
    });
    expect(result?.stated?.mean).toBeCloseTo(1, 9);
    expect(result?.stated?.deviation).toBeCloseTo(0.1, 9);
  });

  test("a run that was stopped leaves its list open, a log runs ahead of its table", () => {
    const text = writeResults("json", [benchResult(), deep]);
    expect(readResults(text.slice(0, text.lastIndexOf("\n]")), now).results).toHaveLength(2);
    expect(readResults(text.slice(0, -600), now).results).toHaveLength(1);
    expect(readResults(`ggml: found a device\n${writeResults("csv", [deep])}`, now).results).toHaveLength(1);
    expect(readResults(`# A report\n\n${writeResults("md", [deep])}\nand so on`, now).results).toHaveLength(1);
  });

  test("rows that are no results are counted, and the others read", () => {
    const [good] = JSON.parse(writeResults("json", [benchResult()])) as Record<string, unknown>[];
    const bad = [
      ...[{ n_prompt: -1 }, { n_prompt: 0 }, { n_prompt: 1e300 }, { n_prompt: "x" }, { n_prompt: null }],
      ...[{ samples_ns: [0] }, { samples_ns: [1, "2"] }, { samples_ns: [], avg_ts: 0, avg_ns: 0 }],
      ...[{ model_type: "x".repeat(3000) }, { model_type: "", model_filename: "" }, { devices: {} }, { n_threads: -3 }],
    ].map((over) => ({ ...good, ...over }));
    const { results, leftOut } = readResults(JSON.stringify([null, 3, [], ...bad, good]), now);
    expect(results).toHaveLength(1);
    expect(leftOut).toBe(bad.length + 3);
    expect(readResults(`${JSON.stringify(good)}\n{"n_prompt": 5\n`, now)).toMatchObject({ leftOut: 1 });
    const csv = writeResults("csv", [benchResult(), deep]);
    expect(readResults(csv.replace(/,"0.*$/m, ""), now).leftOut).toBe(1);
    expect(readResults(writeResults("sql", [deep]).replace("4096", "x4096"), now)).toEqual({ results: [], leftOut: 1 });
    const table = writeResults("md", [benchResult(), deep]);
    expect(readResults(table.replace("pp512", "ppp512"), now)).toMatchObject({ leftOut: 1, results: [{}] });
  });

  test("names stay names, and a time to come is now", () => {
    const evil = {
      __proto__: null,
      n_prompt: 1,
      avg_ts: 1,
      model_type: "<b>|`$(x)`",
      test_time: "9999-01-01T00:00:00Z",
    };
    const [result] = readResults(JSON.stringify([evil]).replace("{", '{"__proto__": {"n_gen": 5}, '), now).results;
    expect(result).toMatchObject({ at: now, test: { promptTokens: 1, generatedTokens: 0 } });
    const table = writeResults("md", result === undefined ? [] : [result]);
    expect(table).toContain("\\<b\\>\\|\\`$(x)\\`");
    expect(readResults(table, now).results[0]?.model.type).toBe("<b>|`$(x)`");
  });

  test("what is no such file is refused, with what to do", () => {
    for (const text of ["", "hello", "{}{", "[1, 2 3", "a,b\n1,2", "SELECT 1", "| a | b |\n| - | - |\n| 1 | 2 |"]) {
      let error: unknown;
      try {
        readResults(text, now);
      } catch (thrown) {
        error = thrown;
      }
      expect(error, text).toBeInstanceOf(PaddockError);
      expect(error, text).toMatchObject({ code: "unsupported", remedy: expect.stringContaining("-o json") as string });
    }
    expect(() => readResults("x".repeat(33 * 1024 * 1024), now)).toThrow(PaddockError);
  });

  test("damaged files are read or refused, quickly, and nothing they say is out of bounds", () => {
    const random = seededRandom(11);
    const texts = benchFormats.map((format) => writeResults(format, [benchResult(), deep]));
    const since = performance.now();
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(texts[round % texts.length] ?? "");
      const text = mutate(bytes, bytes.length, random).toString("utf8");
      try {
        for (const { test: of, samplesNs, stated } of readResults(text, now).results) {
          expect(of.promptTokens + of.generatedTokens).toBeGreaterThan(0);
          expect(rateOf({ test: of, samplesNs, stated }).mean).toBeGreaterThan(0);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(PaddockError);
      }
    }
    const long = ["[", "{", "| model |\n", `build_commit,x\n"`, "INSERT INTO llama_bench (a) VALUES ('"].map(
      (start) => start + "\n | '\", ".repeat(300_000),
    );
    for (const text of long) {
      try {
        expect(readResults(text, now).results).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(PaddockError);
      }
    }
    expect(performance.now() - since).toBeLessThan(15_000);
  });
});

describe("files that llama-bench wrote, with `-o` and `-oe` of one run each", () => {
  const fixture = (name: string): string =>
    readFileSync(path.join(import.meta.dirname, "../fixtures/llamaBench", name), "utf8");
  const read = (name: string) => readResults(fixture(name), now + 366 * 86_400_000);
  const rates = (results: readonly BenchResult[]) => results.map((result) => rateOf(result).mean.toFixed(2));

  test("are read whole, and the same from both of its formats", () => {
    for (const [one, other] of [
      ["depths.json", "depths.md"],
      ["settings.csv", "settings.sql"],
      ["both.jsonl", "both.md"],
    ] as const) {
      expect(read(one).leftOut + read(other).leftOut).toBe(0);
      expect(read(one).results.length).toBeGreaterThan(0);
      expect(read(one).results.map(({ test: of }) => of)).toEqual(read(other).results.map(({ test: of }) => of));
      expect(rates(read(one).results)).toEqual(rates(read(other).results));
    }
    expect(read("settings.csv").results.map(({ id }) => id)).toEqual(read("settings.sql").results.map(({ id }) => id));
    expect(read("settings.csv").results.map(({ parameters }) => parameters.kvCacheKeyType)).toContain("q8_0");
    expect(read("both.jsonl").results[0]?.test).toEqual({ promptTokens: 16, generatedTokens: 4, depth: 0 });
    expect(read("depths.json").results[0]).toMatchObject({
      machine: { cpu: "Intel(R) Xeon(R) Processor", gpu: "", backend: "CPU", llamaCppVersion: "de3ff81 (1)" },
      model: { type: "llama 256M Q4_1", sizeBytes: 96_576_768, parameters: 134_515_008 },
    });
  });

  test("are written again as they were, but for what was left to llama.cpp", () => {
    const there = JSON.parse(fixture("depths.json")) as Record<string, unknown>[];
    const here = JSON.parse(writeResults("json", read("depths.json").results)) as Record<string, unknown>[];
    expect(here).toHaveLength(there.length);
    for (const [index, row] of here.entries()) {
      const { stddev_ns, ...rest } = there[index] ?? {};
      expect(row).toMatchObject({ ...rest, flash_attn: 1, load_mode: "mmap" });
      // llama-bench computes this one in whole numbers.
      expect(Number(row.stddev_ns) / Number(stddev_ns)).toBeCloseTo(1, 6);
    }
    const [header, ...lines] = fixture("depths.md").split("\n");
    const [headerHere, ...linesHere] = writeResults("md", read("depths.json").results).split("\n");
    // Two columns say what was left to llama.cpp there.
    const without = (line = ""): string =>
      line
        .split("|")
        .filter((_, column) => column !== 6 && column !== 7)
        .join("|");
    expect(without(headerHere)).toBe(header);
    expect(linesHere.map(without)).toEqual(lines);
  });
});
