import { describe, expect, it } from "vitest";
import {
  addRange,
  type ByteRanges,
  coveredBytes,
  cutRanges,
  nextPiece,
  prefixEnd,
} from "../../src/models/core/byteRanges";
import { catalogue } from "../../src/models/core/catalogue";
import { foundRepositories, type HubFile, repositoryOf } from "../../src/models/core/hub";
import { isRepository } from "../../src/models/core/hubAddress";
import { refusalError } from "../../src/models/core/hubErrors";
import { remoteModels } from "../../src/models/core/hubFiles";
import { localName, localPaths } from "../../src/models/core/localPath";
import { RateMeter, secondsLeft } from "../../src/models/core/rateMeter";
import { downloadRetry, parseRetryAfter, retryDelay } from "../../src/models/core/retry";
import { seededRandom } from "../support/random";

const file = (path: string, size = 10): HubFile => ({ path, size, sha256: undefined });

describe("the hub's answers", () => {
  it("keep what makes sense and drop the rest", () => {
    const good = { id: "a/b", downloads: 5, likes: 1, tags: ["gguf", "license:mit"] };
    expect(foundRepositories([good, { id: "../x/y" }, 7, { id: "c/d", downloads: -1 }, { id: "e/f" }])).toEqual([
      { id: "a/b", downloads: 5, likes: 1, license: "mit" },
      { id: "e/f", downloads: 0, likes: 0, license: undefined },
    ]);
    const sha256 = "a".repeat(64);
    const siblings = [
      { rfilename: "README.md", size: 3 },
      { rfilename: "a.gguf", size: 134, lfs: { sha256, size: 5 } },
      { rfilename: "b.gguf", size: 7 },
      { rfilename: "c.gguf" },
      { rfilename: "d.gguf", size: 1, lfs: { sha256: "short", size: 5 } },
      null,
    ];
    expect(repositoryOf({ id: "a/b", sha: "c".repeat(40), gated: "manual", tags: [], siblings }, "main")).toMatchObject(
      {
        gated: true,
        files: [
          { path: "a.gguf", size: 5, sha256 },
          { path: "b.gguf", size: 7, sha256: undefined },
        ],
      },
    );
  });

  it("become choices: parts together, projectors and matrices apart, small before large", () => {
    const models = remoteModels([
      file("BF16/m-BF16-00002-of-00002.gguf", 40),
      file("BF16/m-BF16-00001-of-00002.gguf", 50),
      file("mmproj-m-F16.gguf", 1),
      file("m.imatrix.gguf", 1),
      file("m-Q4_K_M.gguf", 30),
      file("m-UD-IQ1_S.gguf", 9),
      file("m-Q8_0-00001-of-00003.gguf", 20),
      file("plain.gguf", 35),
    ]);
    expect(
      models.map(({ kind, name, quantization, files, missingParts }) => [
        kind,
        name,
        quantization,
        files.length,
        missingParts,
      ]),
    ).toEqual([
      ["model", "m-UD-IQ1_S", "UD-IQ1_S", 1, 0],
      ["model", "m-Q8_0", "Q8_0", 1, 2],
      ["model", "m-Q4_K_M", "Q4_K_M", 1, 0],
      ["model", "plain", undefined, 1, 0],
      ["model", "BF16/m-BF16", "BF16", 2, 0],
      ["projector", "mmproj-m-F16", "F16", 1, 0],
      ["importance-matrix", "m.imatrix", undefined, 1, 0],
    ]);
    expect(models[4]?.files.map(({ path }) => path)).toEqual([
      "BF16/m-BF16-00001-of-00002.gguf",
      "BF16/m-BF16-00002-of-00002.gguf",
    ]);
  });
});

describe("names from servers", () => {
  it.each([
    ["model.Q4_K_M.gguf", "model.Q4_K_M.gguf"],
    ["..", "model"],
    ["../../x.gguf", "_.._x.gguf"],
    ["C:\\Windows\\x.gguf", "C__Windows_x.gguf"],
    ["con.gguf", "_con.gguf"],
    ["LPT1", "_LPT1"],
    ["com¹.gguf", "_com¹.gguf"],
    ["a.gguf. . ", "a.gguf"],
    [".hidden.gguf", "hidden.gguf"],
    ["-rf.gguf", "rf.gguf"],
    ["x\u202Efugg.exe", "x_fugg.exe"],
    ["a\u0000b\nc.gguf", "a_b_c.gguf"],
    ["stream.gguf:zone", "stream.gguf_zone"],
    ["ü模型.gguf", "ü模型.gguf"],
    ["", "model"],
  ])("%j becomes %j", (name, safe) => {
    expect(localName(name)).toBe(safe);
  });

  it("stay below the models' folder, whatever they are", () => {
    const random = seededRandom(7);
    const alphabet = [
      "..",
      "/",
      "\\",
      ".",
      "a",
      "CON",
      "\u0000",
      ":",
      " ",
      "~",
      "\u202E",
      "模",
      ".gguf",
      "-",
      "nul.",
      "%2f",
      "x".repeat(90),
    ];
    for (let round = 0; round < 3000; round++) {
      const path = Array.from(
        { length: 1 + Math.floor(random() * 12) },
        () => alphabet[Math.floor(random() * alphabet.length)],
      ).join("");
      for (const whole of localPaths("owner/name", [path, path.toUpperCase()])) {
        const parts = whole.split("/");
        expect(parts.slice(0, 2)).toEqual(["owner", "name"]);
        expect(parts.length).toBeLessThanOrEqual(7);
        expect(
          parts.every(
            (part) => part !== "" && part !== "." && part !== ".." && !/[\\:\u0000-\u001f]|^[\s.~-]|[\s.]$/.test(part),
          ),
        ).toBe(true);
        expect(whole).toMatch(/\.gguf$/i);
        // What was made once is kept as it is, so that a download finds its files again.
        expect(parts.map((part) => localName(part))).toEqual(parts);
        expect(Buffer.byteLength(parts.at(-1) ?? "")).toBeLessThan(200);
      }
    }
  });

  it("keep the end of what is too long, and never meet in one file", () => {
    const long = localName(`${"模".repeat(300)}-Q4_K_M.gguf`);
    expect(long).toMatch(/模-Q4_K_M\.gguf$/);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(180);
    expect(localPaths("o/n", ["a.gguf", "A.gguf", "x/a.gguf", "x/A.GGUF", "a?.gguf", "a*.gguf"])).toEqual([
      "o/n/a.gguf",
      "o/n/other 2/A.gguf",
      "o/n/x/a.gguf",
      "o/n/x/other 2/A.GGUF",
      "o/n/a_.gguf",
      "o/n/other 2/a_.gguf",
    ]);
  });
});

describe("ranges of bytes", () => {
  it("behave as a set of bytes does", () => {
    const random = seededRandom(3);
    const size = 200;
    let ranges: ByteRanges = [];
    const there = new Set<number>();
    for (let round = 0; round < 60; round++) {
      const start = Math.floor(random() * size);
      const end = Math.min(size, start + Math.floor(random() * 20));
      ranges = addRange(ranges, start, end);
      for (let at = start; at < end; at++) there.add(at);
      expect(coveredBytes(ranges)).toBe(there.size);
      let prefix = 0;
      while (there.has(prefix)) prefix++;
      expect(prefixEnd(ranges)).toBe(prefix);
      expect(coveredBytes(cutRanges(ranges, 100))).toBe([...there].filter((at) => at < 100).length);
      const piece = nextPiece(ranges, [[prefix, prefix + 3]], size, 15);
      if (piece !== undefined) {
        expect(piece.end - piece.start).toBeGreaterThan(0);
        expect(piece.end - piece.start).toBeLessThanOrEqual(15);
        for (let at = piece.start; at < piece.end; at++) expect(there.has(at) || at < prefix + 3).toBe(false);
      }
    }
  });
});

describe("patience", () => {
  it("doubles, with chance in it, hears the server, and ends", () => {
    const none = (): number => 0.5;
    expect([1, 2, 3].map((failures) => retryDelay(downloadRetry, failures, undefined, none))).toEqual([
      1000, 2000, 4000,
    ]);
    expect(retryDelay(downloadRetry, 10, undefined, none)).toBe(30_000);
    expect(retryDelay(downloadRetry, 1, 7, none)).toBe(7000);
    expect(retryDelay(downloadRetry, 1, 3600, none)).toBeUndefined();
    expect(retryDelay(downloadRetry, 28, undefined, none)).toBeUndefined();
    expect(parseRetryAfter("12", 0)).toBe(12);
    expect(parseRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 30_000)).toBe(30);
    expect(parseRetryAfter("soon", 0)).toBeUndefined();
  });

  it("is told in a rate over the last seconds", () => {
    const meter = new RateMeter(4000);
    expect(meter.rate(0)).toBeNull();
    for (let at = 0; at <= 10_000; at += 50) meter.add(100, at);
    expect(meter.rate(10_000)).toBeCloseTo(2000, -2);
    expect(meter.rate(20_000)).toBeNull();
    expect(secondsLeft(1000, 100)).toBe(10);
    expect(secondsLeft(1000, 0)).toBeNull();
  });
});

describe("the catalogue", () => {
  it("names each repository once, as the hub writes names, the smallest of a purpose first", () => {
    expect(catalogue.every(({ repository }) => isRepository(repository))).toBe(true);
    expect(new Set(catalogue.map(({ repository }) => repository)).size).toBe(catalogue.length);
    for (const purpose of ["chat", "completion", "embedding"]) {
      const sizes = catalogue.filter((entry) => entry.purpose === purpose).map(({ parameters }) => parameters);
      expect(sizes.length).toBeGreaterThan(1);
      expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    }
  });
});

describe("refusals", () => {
  const asked = {
    what: "meta/Llama",
    host: "huggingface.co",
    page: "https://huggingface.co/meta/Llama",
    hadToken: false,
  };
  it.each([
    [401, "GatedRepo", false, "hub/token-needed", /Accept its conditions at https:\/\/huggingface\.co\/meta\/Llama/],
    [401, "RepoNotFound", false, "hub/token-needed", /Check the name/],
    [401, undefined, true, "hub/no-access", /expired/],
    [403, "GatedRepo", true, "hub/no-access", /Accept its conditions/],
    [404, "EntryNotFound", true, "hub/not-found", /renamed or removed/],
    [416, undefined, true, "download/changed", /anew/],
    [429, undefined, true, "hub/busy", /45 seconds/],
    [503, undefined, true, "hub/unavailable", /later/],
    [418, undefined, true, "hub/bad-answer", /address/],
  ])("%i %s says what to do", (status, reason, hadToken, code, remedy) => {
    const error = refusalError({ status, reason, retryAfter: 45 }, { ...asked, hadToken });
    expect(error.code).toBe(code);
    expect(error.remedy).toMatch(remedy);
    expect(error.message).toMatch(/\.$/);
  });
});
