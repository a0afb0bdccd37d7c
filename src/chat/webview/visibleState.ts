import type { MachineUse } from "../../engine/timings";
import { visibleText } from "../../platform/core/visibleText";
import type { ShownMessage } from "../core/versions";
import type { GoesAlong } from "../core/toldElsewhere";
import type { EngineView, Notice, ViewState } from "../core/webviewContract";

/**
 * Names and words that come from files, models and other programs are shown as they are, with what acts instead of being
 * seen made visible. Done where they come in, so that no place that shows them can forget it. Texts of messages and
 * titles are not touched here: each is made visible by what renders it.
 */
export function visibleView(state: ViewState): ViewState {
  return {
    ...state,
    engine: visibleEngine(state.engine),
    notices: state.notices.map(visibleNotice),
    messages: state.messages.map(visibleMessage),
    goesAlong: visibleGoesAlong(state.goesAlong),
  };
}

export function visibleEngine(engine: EngineView): EngineView {
  const { modelName, modelNote, destination, message, remedy } = engine;
  return {
    ...engine,
    modelName: visibleText(modelName),
    ...(modelNote === undefined ? {} : { modelNote: visibleText(modelNote) }),
    ...(destination === undefined ? {} : { destination: visibleText(destination) }),
    ...(message === undefined ? {} : { message: visibleText(message) }),
    ...(remedy === undefined ? {} : { remedy: visibleText(remedy) }),
  };
}

function visibleMachine(machine: MachineUse): MachineUse {
  const { backend, destination } = machine;
  return {
    ...machine,
    backend: visibleText(backend),
    ...(destination === undefined ? {} : { destination: visibleText(destination) }),
  };
}

export function visibleGoesAlong(goes: GoesAlong | null): GoesAlong | null {
  return goes === null ? null : { ...goes, destination: visibleText(goes.destination) };
}

export function visibleNotice(notice: Notice): Notice {
  return { ...notice, text: visibleText(notice.text) };
}

export function visibleMessage(message: ShownMessage): ShownMessage {
  const { error, model, machine, stopReason } = message;
  if (error === undefined && model === undefined && machine === undefined && stopReason === undefined) return message;
  const { remedy } = error ?? {};
  return {
    ...message,
    ...(error === undefined
      ? {}
      : {
          error: {
            ...error,
            message: visibleText(error.message),
            ...(remedy === undefined ? {} : { remedy: visibleText(remedy) }),
          },
        }),
    ...(model === undefined ? {} : { model: visibleText(model) }),
    ...(machine === undefined ? {} : { machine: visibleMachine(machine) }),
    ...(stopReason === undefined ? {} : { stopReason: visibleText(stopReason) }),
  };
}
