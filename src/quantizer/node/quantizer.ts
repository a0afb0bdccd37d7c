import { constants } from "node:fs";
import { access, realpath, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkLoadable, fileProblem } from "../../gguf/core/fileProblem";
import type { GgufHeader } from "../../gguf/core/ggufHeader";
import { checkAssertions } from "../../gguf/core/loadRules";
import { modelShape } from "../../gguf/core/modelShape";
import { splitName, splitPartNames } from "../../gguf/core/splitFiles";
import { isCancellation, PaddockError } from "../../platform/core/errors";
import { formatBytes } from "../../platform/core/format";
import { indexImatrix, matchImatrix } from "../core/imatrixFile";
import { type PlannedType, plannedType, quantizedShare } from "../core/plannedType";
import type { QuantizeOptions } from "../core/protocol";
import type { QuantType } from "../core/quantTypes";
import { finishPart, newPartFile, removeStaleParts } from "./partFile";
import { type QuantizerLaunch, withQuantizer } from "./quantizerProcess";

export interface QuantizerDeps extends QuantizerLaunch {
  /**
   * Looks at a file before llama.cpp does, and at what llama.cpp wrote.
   * @throws PaddockError model/*
   */
  readonly readModel: (file: string, signal: AbortSignal) => Promise<{ header: GgufHeader; size: number }>;
  /** What is left on a folder's disk, bytes; the system's answer where it is not given. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** A model that can be quantized, looked at. */
export interface QuantizeSource {
  /** The file, or the first part of a split model. */
  readonly file: string;
  readonly parts: readonly GgufHeader[];
  /** Of all parts, bytes. */
  readonly size: number;
  /** The share of its values that is quantized already, which quantizing again makes worse. */
  readonly quantizedShare: number;
}

export interface QuantizeRequest {
  readonly source: QuantizeSource;
  readonly target: string;
  readonly type: QuantType;
  readonly options: QuantizeOptions;
  /** A file, as `checkImatrix` accepted it. */
  readonly imatrix?: string | undefined;
  /** 0: all cores. */
  readonly threads: number;
  /** Replace a file that is there. */
  readonly overwrite: boolean;
}

export interface QuantizeProgress {
  readonly writtenBytes: number;
  readonly expectedBytes: number;
}

export interface QuantizeResult {
  readonly file: string;
  readonly size: number;
  readonly ms: number;
  readonly bitsPerWeight: number;
  readonly warnings: readonly string[];
}

export interface ImatrixRequest {
  readonly model: QuantizeSource;
  readonly text: string;
  /** Where the text came from, for whoever reads the file. */
  readonly dataset: string;
  readonly target: string;
  /** Tokens a chunk; 512 is what llama-imatrix takes. */
  readonly chunkSize: number;
  readonly maxChunks: number;
  readonly threads: number;
}

/** How often the growing file is looked at. */
const LOOK_MS = 200;
/** What must stay free on the disk besides the file, bytes. */
const SPARE = 64 * 1024 ** 2;
/** With less left than this, bytes, what failed to be written failed for lack of space: llama.cpp does not say so. */
const FULL = 1024 ** 2;

/** Quantizes models in a process of its own, one after the other. */
export class Quantizer {
  private last: Promise<unknown> = Promise.resolve();
  private readonly parts = new Set<string>();

  constructor(private readonly deps: QuantizerDeps) {}

  /** @throws PaddockError model/* for what is no whole model of a known kind, quantizer/failed for a later part of one. */
  async open(file: string, signal: AbortSignal): Promise<QuantizeSource> {
    const split = splitName(file);
    if (split !== undefined && split.part !== 1) {
      throw new PaddockError("quantizer/failed", `${path.basename(file)} is a later part of a split model.`, {
        remedy: "Choose its first part, …-00001-of-….gguf; the others are found beside it.",
      });
    }
    const files = split === undefined ? [file] : splitPartNames(split);
    const found = [];
    for (const part of files) found.push(await this.deps.readModel(part, signal));
    const parts = found.map(({ header }) => header);
    const [first] = parts;
    try {
      if (first !== undefined) checkLoadable(first, path.basename(file));
      checkAssertions(parts, modelShape(parts));
    } catch (error) {
      throw fileProblem(error, path.basename(file));
    }
    return {
      file,
      parts,
      size: found.reduce((sum, { size }) => sum + size, 0),
      quantizedShare: quantizedShare(parts.flatMap(({ tensors }) => tensors)),
    };
  }

  /**
   * What each type would make of a model, by llama.cpp's own rules; no weight is read.
   * @throws PaddockError quantizer/*
   */
  async plan(
    source: QuantizeSource,
    types: readonly QuantType[],
    options: QuantizeOptions,
    hasImatrix: boolean,
    signal: AbortSignal,
    onProgress?: (planned: number) => void,
  ): Promise<PlannedType[]> {
    return withQuantizer(this.deps, signal, async (peer) => {
      const planned: PlannedType[] = [];
      for (const type of types) {
        const plan = await peer.request("plan", {
          source: source.file,
          fileType: type.fileType,
          options,
          hasImatrix,
        });
        planned.push(plannedType(type, plan, source.parts));
        onProgress?.(planned.length);
      }
      return planned;
    });
  }

  /**
   * Whether a file is an importance matrix of this model.
   * @returns how many of the model's tensors it is about.
   * @throws PaddockError model/damaged, quantizer/failed.
   */
  async checkImatrix(file: string, source: QuantizeSource, signal: AbortSignal): Promise<number> {
    const name = path.basename(file);
    const { header } = await this.deps.readModel(file, signal).catch((error: unknown) => {
      if (!/\.(dat|imatrix)$/i.test(name)) throw error;
      throw new PaddockError("quantizer/failed", `${name} is an importance matrix of the old format.`, {
        remedy: "Convert it: llama-imatrix --in-file OLD.dat -o NEW.gguf",
        cause: error,
      });
    });
    const tensors = source.parts.flatMap((part) => part.tensors);
    return matchImatrix(indexImatrix(header, name), tensors, name);
  }

  /**
   * Writes the quantized model. Its file appears whole or not at all; it has been read by our own reader before.
   * @throws PaddockError quantizer/*, model/*, cancelled.
   */
  quantize(
    request: QuantizeRequest,
    options: { readonly signal: AbortSignal; readonly onProgress?: (progress: QuantizeProgress) => void },
  ): Promise<QuantizeResult> {
    return this.inTurn(options.signal, async () => {
      const { source, type, imatrix } = request;
      const [plan] = await this.plan(source, [type], request.options, imatrix !== undefined, options.signal);
      if (plan === undefined) throw new RangeError("A plan for each type.");
      if (plan.needsImatrix) {
        throw new PaddockError("quantizer/failed", `${type.name} needs an importance matrix for this model.`, {
          remedy: "Choose a file with one, have one computed here, or choose a type of more bits.",
        });
      }
      return this.writing(request.target, request.overwrite, plan.fileBytes, source.file, async (part) => {
        const result = await withQuantizer(this.deps, options.signal, (peer) =>
          whileGrowing(part, plan.fileBytes, options.onProgress, () =>
            peer.request("quantize", {
              source: source.file,
              target: part,
              fileType: type.fileType,
              options: request.options,
              ...(imatrix === undefined ? {} : { imatrix: { path: imatrix, name: path.basename(imatrix) } }),
              threads: request.threads,
            }),
          ),
        );
        const { size } = await this.checked(part, plan, options.signal);
        const { bitsPerWeight } = plan;
        return { file: request.target, size, ms: result.ms, bitsPerWeight, warnings: result.warnings };
      });
    });
  }

  /**
   * Computes an importance matrix: the model reads the text, and the squares of what goes into each tensor are summed.
   * @throws PaddockError quantizer/* (among others for too little text), cancelled.
   */
  computeImatrix(
    request: ImatrixRequest,
    options: { readonly signal: AbortSignal; readonly onProgress?: (chunk: number, chunks: number) => void },
  ): Promise<{ readonly file: string; readonly chunks: number; readonly entries: number; readonly ms: number }> {
    const { model, target, ...rest } = request;
    return this.inTurn(options.signal, () =>
      this.writing(target, true, 0, model.file, async (part) => {
        const result = await withQuantizer(this.deps, options.signal, (peer) =>
          peer.request(
            "computeImatrix",
            { ...rest, model: model.file, target: part },
            { onProgress: ({ chunk, chunks }) => options.onProgress?.(chunk, chunks) },
          ),
        );
        await this.checkImatrix(part, model, options.signal);
        return { file: target, ...result };
      }),
    );
  }

  /** One job at a time: two would take twice as long each, and twice the memory. */
  private async inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.last;
    const own = (async () => {
      await before;
      signal.throwIfAborted();
      return work();
    })();
    this.last = own.catch(() => undefined);
    return own;
  }

  private async writing<T>(
    target: string,
    overwrite: boolean,
    bytes: number,
    source: string,
    write: (part: string) => Promise<T>,
  ): Promise<T> {
    await this.checkTarget(target, overwrite, bytes, source);
    await removeStaleParts(target, this.parts);
    const part = newPartFile(target);
    this.parts.add(part);
    try {
      const result = await write(part);
      await finishPart(part, target).catch((cause: unknown) => {
        throw new PaddockError("quantizer/failed", `${path.basename(target)} could not be put in its place.`, {
          remedy: "Where a file of that name is loaded or open, unload it, or choose another name.",
          cause,
        });
      });
      return result;
    } catch (error) {
      const isFull = !isCancellation(error) && (await this.free(target).catch(() => Infinity)) < FULL;
      await rm(part, { force: true }).catch(() => undefined);
      throw isFull ? noSpace(`The disk was full before ${path.basename(target)} was whole.`, error) : error;
    } finally {
      this.parts.delete(part);
    }
  }

  private async checkTarget(target: string, overwrite: boolean, bytes: number, source: string): Promise<void> {
    const name = path.basename(target);
    const there = await realpath(target).catch(() => undefined);
    if (there !== undefined && there === (await realpath(source)))
      throw new PaddockError("quantizer/failed", "A model cannot be quantized into its own file.");
    if (there !== undefined && !overwrite) {
      throw new PaddockError("quantizer/failed", `${name} exists already.`, {
        remedy: "Choose another name, or remove that file first.",
      });
    }
    const folder = path.dirname(target);
    const free = await access(folder, constants.W_OK).then(
      () => this.free(target),
      (cause: unknown) => {
        throw new PaddockError("quantizer/failed", `Paddock cannot write into ${folder}.`, {
          remedy: "Choose another folder.",
          cause,
        });
      },
    );
    if (free < bytes + SPARE)
      throw noSpace(`${name} will have ${formatBytes(bytes)}, and its disk has ${formatBytes(free)} left.`);
  }

  private async free(target: string): Promise<number> {
    const folder = path.dirname(target);
    if (this.deps.freeBytes !== undefined) return this.deps.freeBytes(folder);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  }

  /** What llama.cpp wrote is what it said it would write, and our own reader takes it. */
  private async checked(part: string, plan: PlannedType, signal: AbortSignal): Promise<{ readonly size: number }> {
    const { header, size } = await this.deps.readModel(part, signal);
    const same =
      header.tensors.length === plan.tensorTypes.size &&
      header.tensors.every(({ name, type }) => plan.tensorTypes.get(name) === type);
    if (!same) {
      throw new PaddockError("quantizer/failed", "llama.cpp wrote something else than it said it would.", {
        remedy: "The file was removed. Please try again; the log says more.",
      });
    }
    return { size };
  }
}

function noSpace(message: string, cause?: unknown): PaddockError {
  return new PaddockError("quantizer/failed", message, {
    remedy: "Free some disk space, choose another folder, or choose a type of fewer bits.",
    cause,
  });
}

/** Tells how far a file has grown while something writes it: llama.cpp itself reports no progress. */
async function whileGrowing<T>(
  file: string,
  expectedBytes: number,
  tell: ((progress: QuantizeProgress) => void) | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const looking = (async () => {
    while (!done.signal.aborted) {
      const writtenBytes = await stat(file).then(
        ({ size }) => size,
        () => 0,
      );
      tell?.({ writtenBytes: Math.min(writtenBytes, expectedBytes), expectedBytes });
      await sleep(LOOK_MS, undefined, { signal: done.signal }).catch(() => undefined);
    }
  })();
  try {
    return await work();
  } finally {
    done.abort();
    await looking;
  }
}
