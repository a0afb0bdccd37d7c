import assert from "node:assert/strict";
import * as vscode from "vscode";
import { paddock } from "./extension";

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: Record<string, { readonly default: unknown }> };
  };
}

describe("activation", () => {
  it("takes less than 200 ms of the editor's start and loads no model", async () => {
    const { activationMs, engine, activeModel } = await paddock();
    assert.ok(activationMs < 200, `activation took ${activationMs} ms`);
    assert.equal(engine.state(activeModel()).status, "unloaded");
  });

  it("registers every command it contributes", async () => {
    await paddock();
    const { contributes } = manifest();
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributes.commands.filter(({ command }) => !registered.has(command)),
      [],
    );
  });

  it("gives every setting its declared default", () => {
    for (const [name, { default: value }] of Object.entries(manifest().contributes.configuration.properties)) {
      assert.deepEqual(vscode.workspace.getConfiguration().get(name), value, name);
    }
  });

  it("opens the chat, the log and the speed details by command", async () => {
    await paddock();
    for (const command of ["openChat", "newConversation", "showLog", "showSpeedDetails", "stopAnswer"]) {
      await vscode.commands.executeCommand(`paddock.${command}`);
    }
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });
});

function manifest(): Manifest {
  const extension = vscode.extensions.getExtension("paddock.paddock");
  return extension?.packageJSON as Manifest;
}
