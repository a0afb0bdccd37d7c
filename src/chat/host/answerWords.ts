import type { PaddockError } from "../../platform/core/errors";
import type { ChatTexts } from "../core/chatTexts";
import type { MessageError } from "../core/conversation";
import type { AnswerEvents } from "./answer";

/** The words that an answer keeps for what ended it. */
export function answerWords(
  describeError: (error: PaddockError) => { readonly message: string; readonly remedy?: string },
  texts: Pick<
    ChatTexts,
    "contextFull" | "contextFullRemedy" | "contextOverflowRemedy" | "toolLimit" | "toolLimitRemedy"
  >,
): Pick<AnswerEvents, "describe" | "contextFull" | "toolLimit"> {
  return {
    describe: (error): MessageError => {
      const { message, remedy } = describeError(error);
      const fallback = error.code === "context/overflow" ? texts.contextOverflowRemedy : undefined;
      const hint = remedy ?? fallback;
      return { code: error.code, message, ...(hint === undefined ? {} : { remedy: hint }) };
    },
    contextFull: () => ({ code: "context/overflow", message: texts.contextFull, remedy: texts.contextFullRemedy }),
    toolLimit: () => ({ code: "unsupported", message: texts.toolLimit, remedy: texts.toolLimitRemedy }),
  };
}
