import * as vscode from "vscode";
import { formatBytes, formatCount, formatRate } from "../../platform/core/format";
import type { ErrorWords } from "../../platform/host/errorWords";
import type { PaddockError } from "../../platform/core/errors";
import type { Candidate } from "../core/candidate";
import type { Figure } from "../core/figure";
import { formatKld, formatSameTop } from "../core/formatQuality";
import type { Miss, Recommendation } from "../core/recommend";
import type { Measurements, Verdict } from "../core/verdict";
import type { DeskWords } from "../node/pickerDesk";

/** @param failure the words for an error in the person's language. */
export function deskWords(failure: (error: PaddockError) => ErrorWords): DeskWords {
  return {
    recommendation: (found, { isCalibrated }) => recommendation(found, isCalibrated),
    failure,
    measured: (name, { speed, quality }: Measurements) =>
      speed !== undefined
        ? vscode.l10n.t("Measured {0}: {1} of text generation.", name, formatRate(speed.tg.value))
        : quality !== undefined
          ? vscode.l10n.t(
              "Measured {0}: KL divergence {1}, same top token {2}.",
              name,
              formatKld(quality.kld.value),
              formatSameTop(quality.sameTop.value),
            )
          : vscode.l10n.t("Measured {0}.", name),
    calibrated: () => vscode.l10n.t("This machine is calibrated."),
    arrived: (name) => vscode.l10n.t("{0} is on this machine now.", name),
  };
}

function recommendation(found: Recommendation, isCalibrated: boolean): { sentence: string; reason: string } {
  switch (found.kind) {
    case "unknown":
      return {
        sentence: vscode.l10n.t("There is nothing to recommend yet."),
        reason: vscode.l10n.t("No file is here whose memory and quality are known."),
      };
    case "none": {
      const { verdict, misses } = found.closest;
      const isUncalibrated = misses.some(({ what, has }) => what === "speed" && has === undefined) && !isCalibrated;
      return {
        sentence: isUncalibrated
          ? vscode.l10n.t("Calibrate this machine, or measure a file's speed, to hold files to a speed.")
          : vscode.l10n.t("No file keeps what you want."),
        reason: vscode.l10n.t(
          "{0} comes closest: {1}",
          nameOf(verdict.candidate),
          misses.map((miss) => missed(miss, isCalibrated)).join(" "),
        ),
      };
    }
    case "choice": {
      const { choice, equal } = found;
      if (equal === undefined)
        return { sentence: vscode.l10n.t("Take {0}.", nameOf(choice.candidate)), reason: reasonFor(found) };
      return {
        sentence: vscode.l10n.t("Take {0} or {1}.", nameOf(choice.candidate), nameOf(equal.candidate)),
        reason: `${
          choice.speed === undefined || equal.speed === undefined
            ? vscode.l10n.t("They cannot be told apart in quality; the first takes less memory.")
            : vscode.l10n.t("They cannot be told apart in quality and speed; the first takes less memory.")
        } ${reasonFor(found)}`,
      };
    }
  }
}

function reasonFor({ choice, reason }: Extract<Recommendation, { kind: "choice" }>): string {
  const quality = qualityWords(choice);
  const memory = formatBytes(choice.totalMemory?.value ?? null);
  const tg = choice.speed?.tg;
  switch (reason) {
    case "close and fastest":
      return vscode.l10n.t(
        "Its answers are close to the original's ({0}), and of the files that are, none generates faster: {1}, with {2} of memory.",
        quality,
        tg === undefined ? "–" : `${formatRate(tg.value)} ${howWord(tg)}`,
        memory,
      );
    case "close and smallest":
      return vscode.l10n.t(
        "Its answers are close to the original's ({0}), and of the files that are, none takes less memory: {1}.",
        quality,
        memory,
      );
    case "best":
      return tg === undefined
        ? vscode.l10n.t("It has the best quality of the files that keep what you want: {0}, with {1}.", quality, memory)
        : vscode.l10n.t(
            "It has the best quality of the files that keep what you want: {0}, at {1} and with {2}.",
            quality,
            `${formatRate(tg.value)} ${howWord(tg)}`,
            memory,
          );
    case "only":
      return vscode.l10n.t("It is the only file that keeps what you want: {0}, with {1}.", quality, memory);
  }
}

function qualityWords({ quality }: Verdict): string {
  return quality === undefined
    ? vscode.l10n.t("quality not known")
    : vscode.l10n.t("KL divergence {0} {1}", formatKld(quality.kld.value), howWord(quality.kld));
}

function howWord({ how }: Figure): string {
  switch (how) {
    case "estimated":
      return vscode.l10n.t("estimated");
    case "calibrated":
      return vscode.l10n.t("calibrated");
    case "measured":
      return vscode.l10n.t("measured");
  }
}

function missed({ what, has, wanted }: Miss, isCalibrated: boolean): string {
  switch (what) {
    case "machine":
      return has === undefined
        ? vscode.l10n.t("what it takes is not known.")
        : vscode.l10n.t("it takes {0}, and a model can have {1} here.", formatBytes(has), formatBytes(wanted));
    case "memory":
      return has === undefined
        ? vscode.l10n.t("what it takes is not known.")
        : vscode.l10n.t("it takes {0}, {1} more than you allow.", formatBytes(has), formatBytes(has - wanted));
    case "context":
      return vscode.l10n.t("{0} tokens of context fit, and you want {1}.", formatCount(has ?? 0), formatCount(wanted));
    case "speed":
      if (has === undefined)
        return isCalibrated
          ? vscode.l10n.t("its speed is not known.")
          : vscode.l10n.t("its speed is not known before this machine is calibrated.");
      return vscode.l10n.t("it generates {0}, and you want {1}.", formatRate(has), formatRate(wanted));
  }
}

function nameOf({ name }: Candidate): string {
  return name.replace(/\.gguf$/i, "");
}
