// Reads damaged headers and headers that lie, as a program of its own, so that its memory and its time can be seen.
import { closeSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "../../src/gguf/core/byteSource";
import { checkLoadable, fileProblem } from "../../src/gguf/core/fileProblem";
import { checkSize, type GgufHeader, readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { checkAssertions } from "../../src/gguf/core/loadRules";
import { modelShape } from "../../src/gguf/core/modelShape";
import { readHeader } from "../../src/gguf/core/readHeader";
import { PaddockError } from "../../src/platform/core/errors";
import { ggufHeader, type HeaderValue } from "./ggufHeaders";
import { mutate } from "./mutate";
import { seededRandom } from "./random";
import { tinyGguf } from "./tinyGguf";

export interface FuzzResult {
  readonly loadable: number;
  /** By the error's code. */
  readonly refused: Record<string, number>;
  /** What threw something else. */
  readonly crashes: string[];
  readonly slowestMs: number;
  /** Of the whole program, Node included. */
  readonly peakBytes: number;
  /** How each of the long headers ended. */
  readonly long: Record<string, string>;
}

/** A model as the fuzzer has it: the headers of its parts, and how long the files say they are. */
type Parts = readonly { readonly bytes: Buffer; readonly size: number }[];

const signal = new AbortController().signal;

async function read(sources: readonly ByteSource[]): Promise<string> {
  try {
    const headers: GgufHeader[] = [];
    for (const source of sources) {
      const header = await readHeader(source, signal);
      checkSize(header, source.size);
      headers.push(header);
    }
    const [first] = headers;
    if (first !== undefined) checkLoadable(first, "mutant.gguf");
    checkAssertions(headers, modelShape(headers));
    return "loadable";
  } catch (error) {
    const problem = fileProblem(error, "mutant.gguf");
    if (problem instanceof PaddockError) return problem.code;
    throw error;
  }
}

/** All that lies behind the header is zeros, and costs no memory. */
function sourceOf({ bytes, size }: Parts[number]): ByteSource {
  return {
    size,
    read: (offset, length) => {
      const piece = Buffer.alloc(Math.min(length, size - offset));
      bytes.copy(piece, 0, Math.min(offset, bytes.length));
      return Promise.resolve(piece);
    },
  };
}

function whole(bytes: Buffer): Parts {
  const { dataOffset, expectedSize } = readGgufHeader(bytes);
  return [{ bytes: bytes.subarray(0, dataOffset), size: expectedSize }];
}

/** The starter's header with a vocabulary of 40. */
function shrunkStarter(file: string): Buffer {
  const beginning = Buffer.alloc(4 << 20);
  const descriptor = openSync(file, "r");
  readSync(descriptor, beginning);
  closeSync(descriptor);
  const header = readGgufHeader(beginning);
  const metadata = Object.fromEntries(
    [...header.metadata].map(([key, value]): [string, HeaderValue] => {
      if (typeof value === "bigint") return [key, { gguf: 10, value }];
      if (typeof value !== "object") return [key, value];
      const short = Array.from({ length: 40 }, (_, index) => index);
      return [key, value.arrayOf === 8 ? short.map((index) => `token ${index}`) : short];
    }),
  );
  return ggufHeader(metadata, header.tensors);
}

function splitModel(): Parts {
  const { metadata, tensors } = readGgufHeader(tinyGguf());
  const described = Object.fromEntries(
    [...metadata].flatMap(([key, value]): [string, HeaderValue][] =>
      typeof value === "object" || typeof value === "bigint" ? [] : [[key, value]],
    ),
  );
  const heads = { "llama.attention.head_count_kv": [2, 1], "llama.expert_count": 8, "llama.expert_used_count": 2 };
  const third = Math.ceil(tensors.length / 3);
  return [0, 1, 2].map((part) => {
    const split = { "split.no": part, "split.count": 3, "split.tensors.count": tensors.length };
    const own = tensors.slice(part * third, (part + 1) * third).map(({ name, dimensions }) => ({ name, dimensions }));
    const bytes = ggufHeader(part === 0 ? { ...described, ...heads, ...split } : split, own);
    return { bytes, size: readGgufHeader(bytes).expectedSize };
  });
}

/** Headers of 64 MiB and more that are well-formed up to there: what they say must not pile up in memory. */
function longHeaders(): Record<string, ByteSource> {
  const beginning = (tensors: number, keys: number): Buffer => {
    const bytes = ggufHeader({}).subarray(0, 24);
    bytes.writeBigUInt64LE(BigInt(tensors), 8);
    bytes.writeBigUInt64LE(BigInt(keys), 16);
    return bytes;
  };
  const text = (value: string): Buffer => {
    const bytes = Buffer.alloc(8 + value.length);
    bytes.writeBigUInt64LE(BigInt(value.length));
    bytes.write(value, 8, "latin1");
    return bytes;
  };
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const long = (value: number): Buffer => Buffer.concat([number(value), number(0)]);
  /** A key's name of always the same length. */
  const name = (index: number): string => `k${String(index).padStart(8, "0")}`;
  const key = (index: number, type: number, value: Buffer): Buffer =>
    Buffer.concat([text(name(index)), number(type), value]);
  const list = (type: number, length: number, items: Buffer): Buffer =>
    Buffer.concat([number(type), long(length), items]);
  const megabyte = Buffer.alloc(1 << 20, 97);
  const tensor = (index: number): Buffer =>
    Buffer.concat([text(name(index).padEnd(63, "x")), number(1), long(0), number(0), long(0)]);
  return {
    "texts of a megabyte": repeated(beginning(0, 65_536), (index) =>
      key(index, 8, Buffer.concat([long(megabyte.length), megabyte])),
    ),
    "short texts": repeated(beginning(0, 65_536), (index) => key(index, 8, text("x".repeat(1000)))),
    "lists of 4,096 numbers": repeated(beginning(0, 65_536), (index) =>
      key(index, 9, list(0, 4096, Buffer.alloc(4096))),
    ),
    "one list of empty texts": repeated(
      Buffer.concat([beginning(0, 1), text("tokens"), number(9), number(8), long(100_000_000)]),
      () => Buffer.alloc(8),
    ),
    "one list of numbers": repeated(
      Buffer.concat([beginning(0, 1), text("scores"), number(9), number(6), long(2_000_000_000)]),
      () => megabyte,
    ),
    "tensors of nothing": repeated(beginning(65_536, 0), tensor),
    "all keys there may be": repeated(beginning(65_536, 65_536), (index) =>
      index < 65_536 ? key(index, 0, Buffer.alloc(1)) : tensor(index - 65_536),
    ),
  };
}

/** 16 GiB long: a beginning, and then units of one length each, made when they are read. */
function repeated(beginning: Buffer, unit: (index: number) => Buffer): ByteSource {
  const each = unit(0).length;
  return {
    size: 16 * 1024 ** 3,
    read: (offset, length) => {
      const piece = Buffer.alloc(length);
      beginning.copy(piece, 0, Math.min(offset, beginning.length));
      const first = Math.max(0, Math.floor((offset - beginning.length) / each));
      for (let index = first; beginning.length + index * each < offset + length; index++) {
        const at = beginning.length + index * each - offset;
        const bytes = unit(index);
        bytes.copy(piece, Math.max(0, at), Math.max(0, -at));
      }
      return Promise.resolve(piece);
    },
  };
}

async function fuzz(starter: string, mutants: number): Promise<FuzzResult> {
  const originals: Parts[] = [
    whole(shrunkStarter(starter)),
    whole(tinyGguf({ fim: true })),
    whole(tinyGguf({ embedding: true, architecture: "bert" })),
    splitModel(),
  ];
  const random = seededRandom(2026);
  const refused: Record<string, number> = {};
  const crashes: string[] = [];
  let loadable = 0;
  let slowestMs = 0;
  const timed = async (what: string, sources: readonly ByteSource[]): Promise<string> => {
    const started = performance.now();
    const outcome = await read(sources).catch((error: unknown) => {
      crashes.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return "crash";
    });
    slowestMs = Math.max(slowestMs, performance.now() - started);
    return outcome;
  };
  for (let index = 0; index < mutants; index++) {
    const parts = originals[index % originals.length] ?? [];
    const victim = Math.floor(random() * parts.length);
    const sources = parts.map(({ bytes, size }, part) => {
      if (part !== victim) return sourceOf({ bytes, size });
      const mutant = mutate(bytes, bytes.length, random);
      // Now and then the file is not as long as it was either.
      return sourceOf({ bytes: mutant, size: random() < 0.1 ? Math.floor(random() * size) : size });
    });
    const outcome = await timed(`mutant ${index}`, sources);
    if (outcome === "loadable") loadable++;
    else refused[outcome] = (refused[outcome] ?? 0) + 1;
  }
  const long: Record<string, string> = {};
  for (const [what, source] of Object.entries(longHeaders())) long[what] = await timed(what, [source]);
  return { loadable, refused, crashes, slowestMs, peakBytes: process.resourceUsage().maxRSS * 1024, long };
}

const [starter = "", mutants = ""] = process.argv.slice(2);
void fuzz(starter, Number(mutants)).then((result) => console.log(JSON.stringify(result)));
