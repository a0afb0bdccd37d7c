// `node bareStart.mjs MODEL`: the binding alone, up to where an engine with a small model is ready; then it is gone at once.
import { getLlama, resolveChatWrapper } from "node-llama-cpp";

const llama = await getLlama({ gpu: "auto", build: "never", skipDownload: true, progressLogs: false });
const model = await llama.loadModel({ modelPath: process.argv[2], useMmap: false });
resolveChatWrapper(model);
await model.createContext({ contextSize: model.trainContextSize, sequences: 2 });
process.kill(process.pid, "SIGKILL");
