import { mkdir, readdir, stat } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import { toStorageError } from "../../platform/node/storageError";
import { formatBytes, formatMilliseconds, formatShare } from "../../platform/core/format";
import type { PlannedType } from "../core/plannedType";
import { plainOptions, type QuantizeOptions } from "../core/protocol";
import { type GivenJob, type ImatrixChoice, type QuantizeJob, quantizeJobSchema } from "../core/quantizeJob";
import { type QuantType, quantTypeOf, quantTypes, targetName } from "../core/quantTypes";
import { type QuantizeResult, Quantizer, type QuantizerDeps, type QuantizeSource } from "../node/quantizer";
import { askOptions } from "./askOptions";
import { askAgain, askImatrix, askSource, askTypes, type SourceModel } from "./quantizeQuestions";
import { type TextGate, workspaceText } from "./workspaceText";

/** All that the room is given. */
export interface QuantizerRoomDeps extends QuantizerDeps {
  /** The models on this machine. */
  readonly models: () => Promise<readonly SourceModel[]>;
  /** The file that an item of a view stands for; undefined for what is no such item. */
  readonly fileOfItem: (given: unknown) => string | undefined;
  /** Where models are put whose own folder is not the person's. */
  readonly ownFolder: () => string;
  /** Whether a file lies in a folder of a package or of another program, which count on what is in it. */
  readonly isForeign: (file: string) => boolean;
  /** What models may take of this machine's memory, bytes. */
  readonly memoryBytes: () => number;
  /** 0: all cores. */
  readonly threads: () => number;
  readonly gate: TextGate;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
  /** New files are there. */
  readonly added: () => void;
  /** Makes a file the model that is used. */
  readonly use: (file: string) => Promise<void>;
  /** Shows files of one model beside each other, the one that the others were made from first. */
  readonly compare: (files: readonly string[]) => Promise<void>;
}

export interface QuantizerRoom {
  /** By the name after "paddock.". They may be given a job (quantizeJob.ts), and resolve when it is done. */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => Promise<void>>>;
}

/** From nearly the original to half its usual size. */
const ladderTypes = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K"];
/** As llama-imatrix does, tokens. */
const CHUNK_SIZE = 512;
/** A hundred chunks take minutes with a small model; the sums hardly change with more. */
const MAX_CHUNKS = 100;
/** Some three characters of code are a token. */
const CHARACTERS = CHUNK_SIZE * MAX_CHUNKS * 4;
/** More of the values than norms and other small tensors have. */
const MOSTLY = 0.1;

/** Quantizing models here, with llama.cpp's own quantizer. */
export function createQuantizer(deps: QuantizerRoomDeps): QuantizerRoom {
  const quantizer = new Quantizer(deps);
  const run = async (given: unknown, isLadder: boolean): Promise<void> => {
    const item = deps.fileOfItem(given);
    const job: GivenJob = item === undefined ? parseGiven(given) : { source: item };
    const file = job.source ?? (await askSource(deps.models));
    if (file === undefined) return;
    const source = await withProgress(vscode.l10n.t("Looking at {0}", path.basename(file)), (_, signal) =>
      quantizer.open(file, signal),
    );
    const isQuantized = source.quantizedShare > MOSTLY;
    if (isQuantized && job.types === undefined && !(await askAgain(source))) return;
    const asked = await new Questions(deps, quantizer, source, job, isLadder).ask(isQuantized);
    if (asked !== undefined) await perform(deps, quantizer, source, asked.job, asked.options, isLadder);
  };
  return {
    commands: {
      quantizeModel: (given) => run(given, false),
      makeQuantizationLadder: (given) => run(given, true),
    },
  };
}

/** @throws PaddockError invalid-message */
function parseGiven(given: unknown): GivenJob {
  if (given === undefined) return {};
  // The explorer and the editor's title hand over the file they stand for.
  if (given instanceof vscode.Uri) return { source: given.fsPath };
  const parsed = v.safeParse(quantizeJobSchema, given);
  if (parsed.success) return parsed.output;
  throw new PaddockError("invalid-message", "Quantizing was asked for with something that is no job.", {
    detail: parsed.issues[0].message,
  });
}

class Questions {
  private options: QuantizeOptions;

  constructor(
    private readonly deps: QuantizerRoomDeps,
    private readonly quantizer: Quantizer,
    private readonly source: QuantizeSource,
    private readonly given: GivenJob,
    private readonly isLadder: boolean,
  ) {
    this.options = given.options ?? plainOptions;
  }

  /** @returns undefined when the person left. */
  async ask(
    isQuantized: boolean,
  ): Promise<{ readonly job: QuantizeJob; readonly options: QuantizeOptions } | undefined> {
    if (isQuantized) this.options = { ...this.options, allowRequantize: true };
    const imatrix = this.given.imatrix ?? (this.given.types === undefined ? await this.imatrix() : "none");
    if (imatrix === undefined) return undefined;
    if (typeof imatrix === "object")
      await this.quantizer.checkImatrix(imatrix.file, this.source, AbortSignal.timeout(60_000));
    const types = this.givenTypes() ?? (await this.types(imatrix));
    if (types === undefined) return undefined;
    const targets = await this.targets(types);
    return targets && { job: { types, imatrix, ...targets }, options: this.options };
  }

  private givenTypes(): QuantType[] | undefined {
    return this.given.types?.flatMap((name) => quantTypeOf(name) ?? []);
  }

  private async imatrix(): Promise<ImatrixChoice | undefined> {
    const folder = path.dirname(this.source.file);
    const names = await readdir(folder).catch(() => []);
    const likely = names.filter((name) => /imatrix.*\.gguf$/i.test(name)).slice(0, 20);
    return askImatrix(likely.map((name) => path.join(folder, name)));
  }

  private async types(imatrix: ImatrixChoice): Promise<readonly QuantType[] | undefined> {
    for (;;) {
      const planned = await withProgress(
        vscode.l10n.t("Asking llama.cpp what each type would make"),
        (report, signal) =>
          this.quantizer.plan(this.source, quantTypes, this.options, imatrix !== "none", signal, (planned) =>
            report(planned / quantTypes.length, vscode.l10n.t("{0} of {1}", planned, quantTypes.length)),
          ),
      );
      const chosen = await askTypes({
        planned,
        hasImatrix: imatrix !== "none",
        sourceBytes: this.source.size,
        memoryBytes: this.deps.memoryBytes(),
        hasExperts: [...(this.source.parts[0]?.metadata ?? [])].some(
          ([key, value]) => key.endsWith(".expert_count") && typeof value === "number" && value > 0,
        ),
        ladder: this.isLadder ? ladderTypes : undefined,
      });
      if (chosen !== "options") return chosen?.map(({ type }: PlannedType) => type);
      this.options = (await askOptions(this.options)) ?? this.options;
    }
  }

  private async targets(types: readonly QuantType[]): Promise<Pick<QuantizeJob, "targets" | "overwrite"> | undefined> {
    const name = (type: QuantType): string => targetName(path.basename(this.source.file), type);
    const beside = path.dirname(this.source.file);
    const usual = this.deps.isForeign(this.source.file) ? this.deps.ownFolder() : beside;
    if (usual !== beside)
      await mkdir(usual, { recursive: true }).catch((error: unknown) => {
        throw toStorageError(error);
      });
    const [only, ...others] = types;
    const isAsked = this.given.types === undefined && this.given.folder === undefined;
    if (only !== undefined && others.length === 0 && isAsked && !this.isLadder) {
      const target = await vscode.window.showSaveDialog({
        title: vscode.l10n.t("Write the quantized model to"),
        defaultUri: vscode.Uri.file(path.join(usual, name(only))),
        filters: { [vscode.l10n.t("GGUF models")]: ["gguf"] },
      });
      // The dialog has asked whether a file that is there may go.
      return target && { targets: new Map([[only, target.fsPath]]), overwrite: true };
    }
    const folder = this.given.folder ?? (isAsked ? await askFolder(usual) : usual);
    if (folder === undefined) return undefined;
    return { targets: new Map(types.map((type) => [type, path.join(folder, name(type))])), overwrite: false };
  }
}

async function askFolder(usual: string): Promise<string | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t("Write the quantized models to"),
      openLabel: vscode.l10n.t("Write Here"),
      canSelectFiles: false,
      canSelectFolders: true,
      defaultUri: vscode.Uri.file(usual),
    })) ?? [];
  return folder?.fsPath;
}

async function perform(
  deps: QuantizerRoomDeps,
  quantizer: Quantizer,
  source: QuantizeSource,
  job: QuantizeJob,
  options: QuantizeOptions,
  isLadder: boolean,
): Promise<void> {
  const results: QuantizeResult[] = [];
  const kept: string[] = [];
  const name = path.basename(source.file);
  await withProgress(vscode.l10n.t("Quantizing {0}", name), async (report, signal) => {
    const imatrix = await imatrixFile(deps, quantizer, source, job, report, signal);
    for (const [index, type] of job.types.entries()) {
      const target = job.targets.get(type) ?? "";
      // A ladder that is made again goes on where it ended.
      if (!job.overwrite && (await isFile(target))) {
        kept.push(target);
        continue;
      }
      const result = await quantizer.quantize(
        { source, target, type, options, imatrix, threads: deps.threads(), overwrite: job.overwrite },
        {
          signal,
          onProgress: ({ writtenBytes, expectedBytes }) => {
            const share = expectedBytes === 0 ? 0 : writtenBytes / expectedBytes;
            report(
              (index + share) / job.types.length,
              vscode.l10n.t("{0}: {1} of {2}", type.name, formatShare(share), formatBytes(expectedBytes)),
            );
          },
        },
      );
      for (const warning of result.warnings) deps.log.warn(`quantizing ${name} to ${type.name}: ${warning}`);
      results.push(result);
      deps.added();
    }
  });
  const files = [...kept, ...results.map(({ file }) => file)];
  if (isLadder) await deps.compare([source.file, ...files]);
  // The command is over with the files; what the person does then is theirs.
  else tell(deps, source, results).catch(deps.report);
}

async function imatrixFile(
  deps: QuantizerRoomDeps,
  quantizer: Quantizer,
  source: QuantizeSource,
  { imatrix, targets }: QuantizeJob,
  report: (share: number, message: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (imatrix === "none") return undefined;
  if (imatrix !== "workspace") return imatrix.file;
  report(0, vscode.l10n.t("collecting text"));
  const { text, files } = await workspaceText(deps.gate, CHARACTERS, signal);
  const [folder = path.dirname(source.file)] = [...targets.values()].map((target) => path.dirname(target));
  const base = path.basename(source.file).replace(/\.gguf$/i, "");
  const computed = await quantizer.computeImatrix(
    {
      model: source,
      text,
      dataset: `${files} files of a workspace`,
      target: path.join(folder, `${base}.paddock-imatrix.gguf`),
      chunkSize: CHUNK_SIZE,
      maxChunks: MAX_CHUNKS,
      threads: deps.threads(),
    },
    {
      signal,
      onProgress: (chunk, chunks) =>
        report(0, vscode.l10n.t("importance matrix: {0} of {1} pieces of text", chunk, chunks)),
    },
  );
  return computed.file;
}

async function tell(
  deps: QuantizerRoomDeps,
  source: QuantizeSource,
  results: readonly QuantizeResult[],
): Promise<void> {
  const [result, ...others] = results;
  if (result === undefined) return;
  if (others.length > 0) {
    const bytes = results.reduce((sum, { size }) => sum + size, 0);
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        "{0} files are written to {1}: {2}.",
        results.length,
        path.dirname(result.file),
        formatBytes(bytes),
      ),
    );
    return;
  }
  const use = vscode.l10n.t("Use This Model");
  const compare = vscode.l10n.t("Compare with Its Source");
  const reveal = vscode.l10n.t("Reveal");
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      "{0} is written: {1}, {2} bits per weight, in {3}.",
      path.basename(result.file),
      formatBytes(result.size),
      result.bitsPerWeight.toFixed(2),
      formatMilliseconds(result.ms),
    ),
    ...[use, compare, reveal],
  );
  if (picked === use) await deps.use(result.file);
  if (picked === compare) await deps.compare([source.file, result.file]);
  if (picked === reveal) await vscode.commands.executeCommand("revealFileInOS", vscode.Uri.file(result.file));
}

function withProgress<T>(
  title: string,
  work: (report: (share: number, message: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const running = vscode.window.withProgress(options, async (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    let told = 0;
    return work((share, message) => {
      const increment = Math.max(0, share * 100 - told);
      told += increment;
      progress.report({ increment, message });
    }, abort.signal);
  });
  return Promise.resolve(running);
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
