import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/**
 * What VS Code calls in its extension host: runs the suite and writes mocha's JSON report to $PADDOCK_HOST_REPORT.
 * It is the same file in the embedded editor and in desktop VS Code.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({
    ui: "bdd",
    timeout: 120_000,
    reporter: function quiet(this: unknown, runner: unknown) {
      return runner;
    } as never,
  });
  mocha.suite.emit("pre-require", globalThis as never, "", mocha);
  await import("./suite/activation.test");
  await import("./suite/actions.test");
  await import("./suite/answer.test");
  await import("./suite/applyBlock.test");
  await import("./suite/completion.test");
  await import("./suite/completionContext.test");
  await import("./suite/context.test");
  await import("./suite/contextSources.test");
  await import("./suite/databases.test");
  await import("./suite/downloads.test");
  await import("./suite/edits.test");
  await import("./suite/inspector.test");
  await import("./suite/models.test");
  await import("./suite/native.test");
  await import("./suite/picker.test");
  await import("./suite/promptFiles.test");
  await import("./suite/quantizer.test");
  await import("./suite/reliability.test");
  await import("./suite/servers.test");
  await import("./suite/severalAtOnce.test");
  await import("./suite/speed.test");
  await import("./suite/tools.test");
  await import("./suite/workspaceLinks.test");
  await import("./suite/workspaceSymbols.test");
  const failures: { title: string; error: string }[] = [];
  const passes: string[] = [];
  let pending = 0;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("pass", (test) => passes.push(test.fullTitle()));
    runner.on("pending", () => pending++);
    runner.on("fail", (test, error: unknown) =>
      failures.push({
        title: test.fullTitle(),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    );
  });
  const report = process.env.PADDOCK_HOST_REPORT;
  const stats = { passes: passes.length, failures: failures.length, pending };
  if (report !== undefined) writeFileSync(report, JSON.stringify({ stats, passes, failures }, null, 2));
  if (failures.length > 0) throw new Error(failures.map(({ title, error }) => `${title}\n${error}`).join("\n\n"));
}
