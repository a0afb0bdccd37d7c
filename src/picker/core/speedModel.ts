import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import type { ModelWork } from "../../gguf/core/modelWork";
import { type Figure, figure } from "./figure";

/**
 * How fast a model will be on this machine, from what the machine was measured to need for each tensor type. A token's
 * time is the sum over the weights it reads, by their types, and what layers, the vocabulary and the KV cache cost.
 */
export interface TypeSpeed {
  /** Text generation, seconds for each value read, while the weights fit the processor's caches. */
  readonly near: number;
  /** As near, of weights that come from memory; undefined where that was not measured of this type. */
  readonly far: number | undefined;
  /** Prompt processing, seconds for each value and token. */
  readonly pp: number;
}

/** What a calibration found, in seconds; of one machine, backend, number of threads and llama.cpp. */
export interface MachineSpeed {
  /** By the types' names. */
  readonly types: Readonly<Record<string, TypeSpeed>>;
  /**
   * How much of the way from near to far a token is whose weights have so many bytes, by rising bytes. Less than the
   * first is near, more than the last is far. Empty: the two are the same.
   */
  readonly reach: readonly { readonly bytes: number; readonly share: number }[];
  readonly perToken: number;
  readonly perLayer: number;
  /** For each token of the vocabulary, of choosing one. */
  readonly perVocabularyEntry: number;
  /** For each value of the attention heads and token in the KV cache: heads * head length * layers * depth. */
  readonly attentionTg: number;
  readonly attentionPp: number;
  /** Of a prompt, for each value of the attention heads and token: norms, sums and rotations, whatever the types. */
  readonly besidePp: number;
  /** Whether llama.cpp multiplies most types by AMX here: those it does not are no kin of those then. */
  readonly amx: boolean;
  /** By what share the same products took longer some seconds later, or before, in the median: all figures are off by that. */
  readonly noise: number;
}

export interface SpeedQuestion {
  /** Tokens in the KV cache before. */
  readonly depth: number;
  /** Tokens of the prompt that pp is asked for. */
  readonly promptTokens: number;
}

/** On a quiet machine, as they are known: of calibrated types alone, of relatives of some, or of types nothing is known of. */
const ERRORS = { seen: 0.12, relative: 0.2, unknown: 0.5, anchored: 0.08 } as const;
const PP_ERROR = 0.2;
/** What the prediction of one type is wrong by on a quiet machine, as a share: so much says nothing of the others. */
const OF_A_TYPE = 0.04;

export interface SpeedPrediction {
  /** tokens/s */
  readonly tg: Figure;
  readonly pp: Figure;
  /** Types of the model that the calibration has not measured. */
  readonly unseen: readonly string[];
  /** As MachineSpeed has it: the figures' errors hold it. */
  readonly noise: number;
}

/** @throws RangeError for a calibration that has no type at all. */
export function predictSpeed(machine: MachineSpeed, work: ModelWork, question: SpeedQuestion): SpeedPrediction {
  const unseen = Object.keys(work.tg).filter((type) => machine.types[type] === undefined);
  const error =
    unseen.length === 0 ? ERRORS.seen : unseen.every(hasRelatives(machine)) ? ERRORS.relative : ERRORS.unknown;
  const tg = 1 / tokenSeconds(machine, work, question.depth);
  const pp = 1 / promptSeconds(machine, work, question);
  return {
    tg: figure(tg, "calibrated", tg * Math.hypot(error, machine.noise)),
    pp: figure(pp, "calibrated", pp * Math.hypot(Math.max(error, PP_ERROR), machine.noise)),
    unseen,
    noise: machine.noise,
  };
}

/**
 * As predictSpeed, put right by one real measurement: of another quantization of the same model, or of a model of about
 * this size. What the prediction was wrong by there, it is taken to be wrong by here, but for what a type of its own, or a
 * moment of a busy machine, may be wrong by.
 */
export function anchor(
  prediction: SpeedPrediction,
  measured: { readonly tg?: number; readonly pp?: number },
  predictedThere: SpeedPrediction,
): SpeedPrediction {
  const ownShare = Math.hypot(OF_A_TYPE, prediction.noise);
  const put = (of: Figure, real: number | undefined, there: Figure): Figure => {
    if (real === undefined || there.value <= 0) return of;
    const log = Math.log(real / there.value);
    const value = of.value * Math.exp(Math.sign(log) * Math.max(0, Math.abs(log) - ownShare));
    return figure(value, "calibrated", value * Math.hypot(ERRORS.anchored, prediction.noise));
  };
  return {
    ...prediction,
    tg: put(prediction.tg, measured.tg, predictedThere.tg),
    pp: put(prediction.pp, measured.pp, predictedThere.pp),
  };
}

/** Seconds for one token generated. */
function tokenSeconds(machine: MachineSpeed, work: ModelWork, depth: number): number {
  const reach = reachOf(machine, work.bytes);
  let seconds =
    machine.perToken +
    machine.perLayer * work.layers +
    machine.perVocabularyEntry * work.vocabulary +
    machine.attentionTg * work.attention * depth;
  for (const [type, values] of Object.entries(work.tg)) {
    const { near, far } = typeSpeed(machine, type);
    seconds += values * (near + reach * ((far ?? near) - near));
  }
  return seconds;
}

/** Seconds for one token of a prompt, on average. */
function promptSeconds(machine: MachineSpeed, work: ModelWork, { depth, promptTokens }: SpeedQuestion): number {
  let seconds = work.attention * (machine.besidePp + machine.attentionPp * (depth + promptTokens / 2));
  for (const [type, values] of Object.entries(work.pp)) seconds += values * typeSpeed(machine, type).pp;
  return seconds;
}

function reachOf({ reach }: MachineSpeed, bytes: number): number {
  let before: MachineSpeed["reach"][number] | undefined;
  for (const point of reach) {
    if (bytes <= point.bytes) {
      if (before === undefined) return point.share;
      const way = Math.log(bytes / before.bytes) / Math.log(point.bytes / before.bytes);
      return before.share + way * (point.share - before.share);
    }
    before = point;
  }
  return before === undefined ? 0 : 1;
}

interface Kin {
  /** Their average is taken. */
  readonly tg: readonly string[];
  readonly pp: readonly string[];
  /** By bytes rather than by values: bound by reading, not by computing. */
  readonly byBytes?: boolean;
  /** To whose bytes memory adds as much, on average, where that is not as with tg's. */
  readonly far?: readonly string[];
  /** How much longer prompts take than theirs do. */
  readonly ppTimes?: number;
}

type Kinships = Readonly<Record<string, Kin | undefined>>;

/** Types whose kernels do about the same for each value (ggml-cpu's vec_dot and repack), as measured with AVX-512. */
const kin: Kinships = {
  F32: { tg: ["F16"], pp: ["F16"], byBytes: true },
  BF16: { tg: ["F16"], pp: ["F16"] },
  Q4_0: { tg: ["Q4_K"], pp: ["Q4_K"] },
  Q4_1: { tg: ["Q8_0"], pp: ["Q5_K"] },
  Q3_K: { tg: ["Q6_K"], pp: ["Q5_K"] },
  Q2_K: { tg: ["Q4_K"], pp: ["Q4_K"] },
  IQ4_XS: { tg: ["Q6_K"], pp: ["Q4_0"] },
  Q5_0: { tg: ["Q8_0"], pp: ["Q8_0", "Q6_K"] },
  Q5_1: { tg: ["Q8_0", "F16"], pp: ["Q5_K"] },
  IQ4_NL: { tg: ["Q4_0"], pp: ["Q4_0"] },
  MXFP4: { tg: ["IQ2_XXS", "IQ3_S"], pp: ["Q5_K"] },
  NVFP4: { tg: ["Q8_0", "F16"], pp: ["Q5_K"] },
  // Twice as near to the one as to the other.
  IQ3_XXS: { tg: ["IQ2_XXS", "IQ2_XXS", "IQ3_S"], pp: ["IQ3_S"] },
  IQ2_S: { tg: ["IQ2_XXS"], pp: ["IQ2_XXS"] },
  IQ2_XS: { tg: ["IQ2_XXS"], pp: ["IQ2_XXS"] },
  IQ1_M: { tg: ["IQ2_XXS"], pp: ["IQ2_XXS"] },
  IQ1_S: { tg: ["IQ2_XXS"], pp: ["IQ2_XXS"] },
  TQ1_0: { tg: ["Q6_K"], pp: ["Q6_K"] },
  TQ2_0: { tg: ["Q2_K"], pp: ["Q2_K"] },
};

/**
 * Where AMX multiplies Q4_0, Q4_1, Q8_0, IQ4_XS, F16 and K-quants from Q4_K on, and all others are multiplied as without:
 * as eight calibrations within half an hour of a Sapphire Rapids had it in the median. For tg, kin is who takes as long,
 * though by another kernel; from memory K-quants are read half as fast there as the simpler types that AMX multiplies.
 */
const amxKin: Kinships = {
  ...kin,
  BF16: { tg: ["F16"], far: ["Q4_0", "Q4_0", "Q4_K"], pp: ["F16"] },
  F32: { tg: ["F16"], byBytes: true, far: ["F16"], pp: ["F16"] },
  Q5_K: { tg: ["Q6_K"], far: ["Q6_K"], pp: ["Q4_K"] },
  Q4_1: { tg: ["Q4_0"], byBytes: true, far: ["Q4_0", "Q8_0"], pp: ["Q4_0"], ppTimes: 1.2 },
  IQ4_XS: { tg: ["Q4_K", "Q5_K"], far: ["Q4_K"], pp: ["Q4_K"] },
  Q3_K: { tg: ["F16", "F16", "Q6_K"], far: ["IQ3_S"], pp: ["IQ3_S"], ppTimes: 2.6 },
  Q2_K: { tg: ["Q5_K", "Q8_0"], far: ["Q4_0", "Q4_0", "Q4_K"], pp: ["IQ2_XXS"], ppTimes: 0.9 },
  Q5_0: { tg: ["F16"], far: ["Q4_0", "Q4_K"], pp: ["F16"], ppTimes: 1.25 },
  Q5_1: { tg: ["IQ2_XXS"], far: ["Q4_0", "Q4_K"], pp: ["IQ3_S"], ppTimes: 3.4 },
  IQ4_NL: { tg: ["Q5_K", "Q8_0"], far: ["Q4_0", "Q4_K"], pp: ["IQ3_S"], ppTimes: 0.85 },
  IQ3_XXS: { tg: ["IQ2_XXS", "IQ3_S"], pp: ["IQ3_S"], ppTimes: 1.1 },
  // Of these the first is three times as near as the second.
  IQ2_S: { tg: ["IQ2_XXS", "IQ2_XXS", "IQ2_XXS", "IQ3_S"], pp: ["IQ2_XXS"], ppTimes: 1.1 },
  IQ2_XS: { tg: ["IQ2_XXS", "IQ2_XXS", "IQ2_XXS", "IQ3_S"], pp: ["IQ2_XXS"], ppTimes: 1.1 },
  MXFP4: { tg: ["Q6_K", "Q6_K", "F16"], pp: ["IQ3_S"] },
  NVFP4: { tg: ["IQ2_XXS"], pp: ["IQ3_S"], ppTimes: 3.9 },
  TQ1_0: { tg: ["Q6_K", "Q6_K", "F16"], pp: ["IQ3_S"], ppTimes: 2.2 },
  TQ2_0: { tg: ["Q4_K", "Q4_K", "Q5_K"], pp: ["IQ2_XXS"], ppTimes: 1.15 },
};

function kinOf({ amx }: MachineSpeed, type: string): Kin | undefined {
  return (amx ? amxKin : kin)[type];
}

function hasRelatives(machine: MachineSpeed): (type: string) => boolean {
  return (type) => kinOf(machine, type)?.tg.some((other) => machine.types[other] !== undefined) === true;
}

/** Of a type that was not measured, from its kin; of one that has none, from all by bytes. */
function typeSpeed(machine: MachineSpeed, type: string): Required<TypeSpeed> {
  const { types } = machine;
  const own = types[type];
  if (own !== undefined) return { ...own, far: farOf(machine, type, own) };
  const known = (names: readonly string[]): string[] => names.filter((name) => types[name] !== undefined);
  const relatives = kinOf(machine, type);
  const all = Object.keys(types);
  if (all.length === 0) throw new RangeError("a calibration without types");
  const tgNames = known(relatives?.tg ?? []);
  const ppNames = known(relatives?.pp ?? []);
  const byBytes = relatives === undefined || relatives.byBytes === true || tgNames.length === 0;
  const from = (names: readonly string[], of: (speed: TypeSpeed) => number, scale: boolean): number =>
    average(
      names.map((name) => {
        const speed = types[name];
        if (speed === undefined) return 0;
        return of(speed) * (scale ? bytesPerValue(type) / bytesPerValue(name) : 1);
      }),
    );
  const tg = tgNames.length > 0 ? tgNames : all;
  const near = from(tg, (speed) => speed.near, byBytes);
  // What memory adds goes by bytes, whatever the kernel.
  const farNames = known(relatives?.far ?? []);
  const extra = average(
    (farNames.length > 0 ? farNames : tg).map((name) => {
      const speed = types[name];
      return speed === undefined ? 0 : (farOf(machine, name, speed) - speed.near) / bytesPerValue(name);
    }),
  );
  return {
    near,
    far: near + extra * bytesPerValue(type),
    pp:
      (ppNames.length > 0 ? (relatives?.ppTimes ?? 1) : 1) *
      from(ppNames.length > 0 ? ppNames : all, ({ pp }) => pp, false),
  };
}

/** Computed with as they are read: what memory adds to them says nothing of types that are unpacked first. */
const plainTypes: ReadonlySet<string> = new Set(["F32", "F16", "BF16"]);
/** A kernel that takes so many times what reading from memory takes hides it: measured with IQ2 and IQ3 types. */
const HIDDEN = 2;

/**
 * Of a type of which only near is known: what reading from memory adds a byte is as with its kin, where that is known.
 * Else it falls with what the kernel computes for a byte meanwhile, in a straight line through the types that were
 * measured, to nothing where the kernel hides it.
 */
function farOf(machine: MachineSpeed, type: string, own: Pick<TypeSpeed, "near" | "far">): number {
  if (own.far !== undefined) return own.far;
  const { types } = machine;
  const likewise = (kinOf(machine, type)?.far ?? []).flatMap((name) => {
    const speed = types[name];
    return speed?.far === undefined ? [] : [(speed.far - speed.near) / bytesPerValue(name)];
  });
  if (likewise.length > 0) return own.near + Math.max(0, average(likewise)) * bytesPerValue(type);
  const known = Object.entries(types).flatMap(([name, { near, far }]) => {
    const bytes = bytesPerValue(name);
    return far === undefined ? [] : [{ name, x: near / bytes, y: (far - near) / bytes }];
  });
  const alike = known.filter(({ name }) => plainTypes.has(name) === plainTypes.has(type));
  const points = alike.length > 0 ? alike : known;
  const hidden = points.length === 0 ? [] : [{ x: HIDDEN * average(points.map(({ x, y }) => x + y)), y: 0 }];
  const bytes = bytesPerValue(type);
  return own.near + Math.max(0, lineThrough([...points, ...hidden], own.near / bytes)) * bytes;
}

/** Least squares; the average where they make no line. */
function lineThrough(points: readonly { readonly x: number; readonly y: number }[], at: number): number {
  const meanX = average(points.map(({ x }) => x));
  const meanY = average(points.map(({ y }) => y));
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) return meanY;
  return meanY + (points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread) * (at - meanX);
}

function bytesPerValue(type: string): number {
  for (const { name, bytes, values } of ggmlTypes.values()) if (name === type) return bytes / values;
  return 1;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
