import * as vscode from "vscode";
import type { MessageConnection } from "vscode-jsonrpc/node";
import type { Logger } from "../../platform/core/logger";
import { RpcPeer } from "../../platform/core/rpc";
import { DeskPanel, type PageLine } from "../../platform/host/deskPanel";
import { pickerHtml } from "../core/pickerHtml";
import { pickerHostContract, pickerPageContract } from "../core/pickerContract";
import { pickerTexts } from "../core/pickerTexts";
import type { PickerDesk } from "../node/pickerDesk";

export const panelType = "paddock.picker";
const done = {};

export interface PanelDeps {
  readonly extensionUri: vscode.Uri;
  readonly desk: PickerDesk;
  /** Asks for a folder and shows what is in it. */
  readonly chooseFolder: () => Promise<void>;
  /** Asks for a server and shows what it tells of its models; what fails is told. */
  readonly chooseServer: () => Promise<void>;
  readonly log: Logger;
}

/** The picker in the editor area. */
export function pickerPanel(panel: vscode.WebviewPanel, deps: PanelDeps, closed: () => void): DeskPanel {
  const { extensionUri, desk } = deps;
  const texts = pickerTexts(vscode.l10n);
  return new DeskPanel(
    panel,
    {
      ...{ extensionUri, desk, title: texts.title, script: "picker", viewEvery: 60 },
      html: (parts) => pickerHtml({ ...parts, texts }),
      connect: (connection) => answer(connection, deps),
    },
    closed,
  );
}

function answer(connection: MessageConnection, { desk, log, chooseFolder, chooseServer }: PanelDeps): PageLine {
  const peer = new RpcPeer(connection, pickerHostContract, pickerPageContract, (problem) =>
    log.warn(`picker view: ${problem}`),
  );
  peer.listen(
    {
      ready: () => desk.view(),
      setLimits: (limits) => {
        desk.setLimits(limits);
        return done;
      },
      chooseModel: ({ key }) => {
        desk.chooseModel(key);
        return done;
      },
      chooseFolder: () => chooseFolder().then(() => done),
      chooseServer: () => chooseServer().then(() => done),
      calibrate: () => desk.calibrate().then(() => done),
      cancelCalibration: () => {
        desk.cancelCalibration();
        return done;
      },
      act: ({ row, action }) => desk.act(row, action).then(() => done),
      cancelWork: ({ row }) => {
        desk.cancelWork(row);
        return done;
      },
      dismissFailure: () => {
        desk.dismissFailure();
        return done;
      },
    },
    { problem: ({ message }) => log.warn(`picker page: ${message}`) },
  );
  return {
    sendView: () => peer.notify("view", desk.view()),
    announce: (text) => peer.notify("announce", { text }),
    dispose: () => peer.dispose(),
  };
}
