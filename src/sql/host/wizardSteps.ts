import * as vscode from "vscode";

/** What came of a step: the person's answer, or the wish to go back; undefined: they closed it. */
export type Answer<T> = { readonly value: T } | "back" | undefined;

export interface StepFrame {
  readonly title: string;
  /** From 1. */
  readonly step: number;
  /** 0: nobody knows yet how many there will be. */
  readonly steps: number;
}

export interface TextStep extends StepFrame {
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value: string;
  readonly isPassword?: boolean;
  /** What is wrong with a text; undefined: nothing. */
  readonly check: (text: string) => string | undefined;
}

export interface ChoiceStep<T> extends StepFrame {
  readonly placeholder: string;
  readonly items: readonly (vscode.QuickPickItem & { readonly value: T })[];
  readonly active?: T | undefined;
}

/** Asks for a text. What is wrong with it is said below it while it is written, and it is not taken. */
export async function askText(step: TextStep): Promise<Answer<string>> {
  const box = vscode.window.createInputBox();
  Object.assign(box, frame(step));
  box.prompt = step.prompt;
  if (step.placeholder !== undefined) box.placeholder = step.placeholder;
  box.value = step.value;
  box.password = step.isPassword === true;
  const look = (text: string): boolean => {
    const problem = step.check(text);
    box.validationMessage = problem;
    return problem === undefined;
  };
  return asked(box, (done) => {
    // An empty box is no mistake before anything was typed.
    box.onDidChangeValue((text) => look(text.trim()));
    box.onDidAccept(() => {
      const text = step.isPassword === true ? box.value : box.value.trim();
      if (look(text)) done({ value: text });
    });
  });
}

export async function askChoice<T>(step: ChoiceStep<T>): Promise<Answer<T>> {
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly value: T }>();
  Object.assign(pick, frame(step));
  pick.placeholder = step.placeholder;
  pick.items = step.items;
  pick.activeItems = step.items.filter(({ value }) => value === step.active).slice(0, 1);
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  return asked(pick, (done) => {
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      if (chosen !== undefined) done({ value: chosen.value });
    });
  });
}

function frame({ title, step, steps }: StepFrame): Partial<vscode.QuickInput> & { buttons: vscode.QuickInputButton[] } {
  return {
    title,
    step,
    totalSteps: steps === 0 ? undefined : steps,
    // A password manager, or a look into a file, takes the focus away.
    ignoreFocusOut: true,
    buttons: step > 1 ? [vscode.QuickInputButtons.Back] : [],
  };
}

function asked<T>(
  input: vscode.QuickInput & { onDidTriggerButton: vscode.Event<vscode.QuickInputButton> },
  listen: (done: (answer: Answer<T>) => void) => void,
): Promise<Answer<T>> {
  return new Promise<Answer<T>>((resolve) => {
    const done = (answer: Answer<T>): void => {
      resolve(answer);
      input.dispose();
    };
    input.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) done("back");
    });
    input.onDidHide(() => done(undefined));
    listen(done);
    input.show();
  });
}
