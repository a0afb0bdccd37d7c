import * as vscode from "vscode";
import { DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { visibleText } from "../../platform/core/visibleText";
import { CommandLog, type RecordedCommand } from "../core/commandLog";
import { check } from "./gateChecks";
import type { WorkspaceReference } from "./taken";

/** What a label shows of a command. */
const maxLabel = 60;

/**
 * Keeps what the last commands of the terminals wrote, as VS Code's shell integration tells it. It has to run from the
 * beginning: nothing tells later what a terminal showed. What it keeps is bounded and never leaves memory unasked.
 */
export class TerminalRecorder {
  private readonly subscriptions = new DisposableStore();
  private readonly commands = new CommandLog();
  private readonly running = new Map<vscode.TerminalShellExecution, RecordedCommand>();

  constructor(private readonly logger: Logger) {
    this.subscriptions.add(
      vscode.window.onDidStartTerminalShellExecution(({ terminal, execution }) => this.start(terminal, execution)),
    );
    this.subscriptions.add(
      vscode.window.onDidEndTerminalShellExecution(({ execution, exitCode }) => {
        const command = this.running.get(execution);
        this.running.delete(execution);
        if (command === undefined) return;
        // Known for sure only now, in shells that do not tell it before.
        command.commandLine = execution.commandLine.value;
        command.end(exitCode);
      }),
    );
    this.subscriptions.add(
      vscode.window.onDidCloseTerminal((terminal) => {
        for (const [execution, command] of this.running) {
          if (command.terminal !== terminal) continue;
          this.running.delete(execution);
          command.end(undefined);
        }
      }),
    );
  }

  /** The newest first. */
  recent(): readonly RecordedCommand[] {
    return this.commands.recent();
  }

  /** The last command of the terminal in front, or of any. */
  last(): RecordedCommand | undefined {
    return this.commands.last(vscode.window.activeTerminal);
  }

  /** The newest that ended with an exit code other than 0; of the terminal in front before those of others. */
  lastFailed(): RecordedCommand | undefined {
    const failed = this.recent().filter(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
    return failed.find(({ terminal }) => terminal === vscode.window.activeTerminal) ?? failed[0];
  }

  find(id: number): RecordedCommand | undefined {
    return this.commands.find(id);
  }

  /** @param id of a recorded command; the last one without it. @throws PaddockError with what to do about it. */
  take(id?: number): WorkspaceReference {
    const command = id === undefined ? this.last() : this.commands.find(id);
    if (command === undefined) throw id === undefined ? nothingRecorded() : gone();
    check(command.refusal());
    const { text, leftOut } = command.output();
    const status = command.isRunning
      ? "still running"
      : command.exitCode === undefined
        ? "ended, exit code unknown"
        : `exit code ${command.exitCode}`;
    const notes = [
      ...(command.cwd === undefined ? [] : [`in ${command.cwd}`]),
      status,
      ...(command.isBeginningLost ? ["the beginning of the output was not recorded"] : []),
      ...(leftOut > 0 ? [`about ${leftOut} characters of output left out`] : []),
    ];
    return {
      label: `Terminal: ${commandLabel(command)}`,
      uri: `paddock-context:terminal/${command.id}`,
      text: `$ ${command.commandLine}\n# ${notes.join(", ")}\n${text}`,
    };
  }

  /** Keeps nothing of any command; of those that run still, what they write from now on is not kept either. */
  forget(): void {
    this.commands.clear();
    this.running.clear();
  }

  dispose(): void {
    this.subscriptions.dispose();
    this.running.clear();
  }

  private start(terminal: vscode.Terminal, execution: vscode.TerminalShellExecution): void {
    const { commandLine, cwd } = execution;
    const place = cwd === undefined ? undefined : cwd.fsPath;
    const command = this.commands.start(terminal, terminal.name, commandLine.value, place);
    this.running.set(execution, command);
    // Only what is read from the start is told.
    void this.read(execution, command);
  }

  private async read(execution: vscode.TerminalShellExecution, command: RecordedCommand): Promise<void> {
    try {
      for await (const data of execution.read()) {
        if (this.commands.find(command.id) === undefined) return;
        command.write(data);
      }
    } catch (error) {
      this.logger.warn(`A command's output was not read to its end: ${String(error)}`);
    }
  }
}

/** Its first line, without what is invisible. */
export function commandLabel({ commandLine }: RecordedCommand): string {
  const line = visibleText(commandLine.trim().split("\n")[0] ?? "");
  return line.length <= maxLabel ? line : `${line.slice(0, maxLabel - 1)}…`;
}

function nothingRecorded(): PaddockError {
  const { terminals } = vscode.window;
  if (terminals.length === 0) {
    return new PaddockError("unsupported", vscode.l10n.t("No command has run in a terminal yet."), {
      remedy: vscode.l10n.t("Open a terminal, run a command there and try again."),
    });
  }
  if (terminals.every(({ shellIntegration }) => shellIntegration === undefined)) {
    return new PaddockError(
      "unsupported",
      vscode.l10n.t("The terminal does not tell which commands run in it: its shell integration is off."),
      {
        remedy: vscode.l10n.t(
          "Turn on the setting terminal.integrated.shellIntegration.enabled, use bash, zsh, fish or PowerShell, and open a new terminal. Or select the output and copy it into your question.",
        ),
      },
    );
  }
  return new PaddockError("unsupported", vscode.l10n.t("No command of a terminal is kept."), {
    remedy: vscode.l10n.t("Run the command again and try again."),
  });
}

function gone(): PaddockError {
  return new PaddockError("unsupported", vscode.l10n.t("That command's output is no longer kept."), {
    remedy: vscode.l10n.t("Run the command again and try again."),
  });
}
