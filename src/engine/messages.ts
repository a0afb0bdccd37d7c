import * as v from "valibot";

export const toolCallSchema = v.object({
  type: v.literal("toolCall"),
  id: v.string(),
  name: v.string(),
  arguments: v.unknown(),
});
export const textSchema = v.object({ type: v.literal("text"), text: v.string() });
export const reasoningSchema = v.object({ type: v.literal("reasoning"), text: v.string() });

/** One turn as the model is to see it. The chat template is applied behind this line, never before it. */
export const promptMessageSchema = v.variant("role", [
  v.object({ role: v.literal("system"), text: v.string() }),
  v.object({ role: v.literal("user"), text: v.string() }),
  v.object({
    role: v.literal("assistant"),
    parts: v.array(v.variant("type", [textSchema, reasoningSchema, toolCallSchema])),
  }),
  v.object({ role: v.literal("tool"), callId: v.string(), name: v.string(), result: v.unknown() }),
]);
export type PromptMessage = v.InferOutput<typeof promptMessageSchema>;
