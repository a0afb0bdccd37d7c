import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import { TerminalRecorder } from "../../src/context/host/terminalRecorder";
import { silentLogger } from "../../src/platform/core/logger";
import { soon } from "../support/soon";

/** What VS Code tells of terminals; that it does so of real shells is for the in-host suite. */
type Listener = (event: never) => void;
const editor = vi.hoisted(() => ({ started: [] as Listener[], ended: [] as Listener[], closed: [] as Listener[] }));
vi.mock("vscode", () => {
  const event = (listeners: Listener[]) => (listener: Listener) => {
    listeners.push(listener);
    return { dispose: () => listeners.splice(listeners.indexOf(listener), 1) };
  };
  return {
    l10n: { t: (text: string) => text },
    window: {
      terminals: [{ shellIntegration: {} }],
      onDidStartTerminalShellExecution: event(editor.started),
      onDidEndTerminalShellExecution: event(editor.ended),
      onDidCloseTerminal: event(editor.closed),
    },
  };
});

/** A command in a terminal that writes when it is told to. */
class FakeExecution {
  readonly commandLine: { value: string };
  readonly cwd = undefined;
  reading = true;
  private readonly written: string[] = [];
  private wake: () => void = () => undefined;

  constructor(line: string) {
    this.commandLine = { value: line };
  }

  write(data: string): void {
    this.written.push(data);
    this.wake();
  }

  async *read(): AsyncGenerator<string> {
    try {
      for (;;) {
        const data = this.written.shift();
        if (data === undefined) await new Promise<void>((resolve) => (this.wake = resolve));
        else yield data;
      }
    } finally {
      this.reading = false;
    }
  }
}

let recorder: TerminalRecorder;
const terminal = { name: "bash" } as vscode.Terminal;
const begin = (line: string): FakeExecution => {
  const execution = new FakeExecution(line);
  for (const listener of editor.started) listener({ terminal, execution } as never);
  return execution;
};

beforeEach(() => {
  recorder = new TerminalRecorder(silentLogger);
  return () => recorder.dispose();
});

describe("commands of terminals, when all data is deleted", () => {
  it("are forgotten with their output, ended or not", async () => {
    const ended = begin("cat diary.txt");
    ended.write("dear diary\n");
    for (const listener of editor.ended) listener({ execution: ended, exitCode: 0 } as never);
    const running = begin("tail -f diary.txt");
    running.write("dear diary\n");
    await soon(() => expect(recorder.last()?.output().text).toContain("dear diary"));
    const ids = recorder.recent().map(({ id }) => id);
    expect(ids).toHaveLength(2);

    recorder.forget();
    expect(recorder.recent()).toEqual([]);
    for (const id of ids) {
      expect(recorder.find(id)).toBeUndefined();
      expect(() => recorder.take(id)).toThrow("no longer kept");
    }
    expect(() => recorder.take()).toThrow("No command of a terminal is kept.");

    // What runs on is read no further, and its end brings nothing back.
    running.write("more of it\n");
    await soon(() => expect(running.reading).toBe(false));
    for (const listener of editor.ended) listener({ execution: running, exitCode: 0 } as never);
    expect(recorder.recent()).toEqual([]);
  });

  it("are kept again from the next one on, under ids of their own", async () => {
    begin("cat diary.txt");
    const known = recorder.last()?.id;
    recorder.forget();
    const next = begin("echo hello");
    next.write("hello\n");
    await soon(() => expect(recorder.last()?.output().text).toContain("hello"));
    expect(recorder.recent()).toHaveLength(1);
    expect(recorder.last()?.id).not.toBe(known);
  });
});
