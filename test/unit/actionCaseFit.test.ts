import path from "node:path";
import { expect, it } from "vitest";
import { fitAnswer } from "../../src/actions/core/fitAnswer";
import { readActionCases, requestOf } from "../eval/actions/actionCases";
import { isEdited, offered } from "../eval/actions/offered";

const cases = await readActionCases(path.resolve("test/eval/actions/cases"));

it("what a model writes in a code block fits as it is meant", () => {
  // Documentation is asked for in a form of its own.
  const edited = cases.filter((one) => isEdited(one) && one.action !== "document");
  const unfit = edited.flatMap((one) => {
    const text = `\`\`\`\n${one.reference.replaceAll("\r\n", "\n")}\n\`\`\`\n`;
    const wanted = offered(one, one.reference);
    const got = fitAnswer(requestOf(one), { text, ended: true });
    return got.kind === "edit" && wanted.kind === "edit" && got.file === wanted.file
      ? []
      : [`${one.id}: ${JSON.stringify(got)}`];
  });
  expect(unfit).toEqual([]);
});
