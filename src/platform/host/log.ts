import * as vscode from "vscode";
import type { Logger } from "../core/logger";

/** The "Paddock" output channel. `show` is what every "Show Log" leads to. */
export class OutputLog implements Logger, vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel("Paddock", { log: true });

  debug(message: string): void {
    this.channel.debug(message);
  }

  info(message: string): void {
    this.channel.info(message);
  }

  warn(message: string): void {
    this.channel.warn(message);
  }

  error(message: string, error?: unknown): void {
    if (error === undefined) this.channel.error(message);
    else
      this.channel.error(
        `${message}: ${error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error)}`,
      );
  }

  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }
}
