import tseslint from "typescript-eslint";

const restrict = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });
const noVscode = { group: ["vscode"], message: "Only host parts may import vscode." };
const noBinding = {
  group: ["node-llama-cpp", "node-llama-cpp/*"],
  message: "Only engine/process imports node-llama-cpp.",
};
const noFfi = {
  group: ["koffi"],
  message: "Only quantizer/process and the engine's kernels call native functions.",
};
const noDrivers = {
  group: ["node:sqlite", "@duckdb/*", "pg", "pg-*", "mysql2", "mysql2/*"],
  message: "Only sql/process talks to databases.",
};
const noNode = { group: ["node:*"], message: "core and webviews run without Node." };
const noHost = {
  group: ["**/host/**", "**/node/**", "**/client/**", "**/process/**"],
  message: "core and webviews import no host code.",
};
const noWebview = { group: ["**/webview/**", "**/ui/**"], message: "Only webviews import the DOM side." };

export default tseslint.config(
  { ignores: ["dist/", "build/", "node_modules/", "test-results/", "**/*.d.ts"] },
  {
    files: ["src/**/*.ts", "test/**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["./src/tsconfig.{core,node,host,webview}.json", "./test/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/consistent-type-definitions": "off",
      // A switch may name the cases it treats apart and leave the rest to a default.
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_$" }],
      // Handlers are arrow functions in objects here, and contracts describe them as methods.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-syntax": ["error", { selector: "ExportDefaultDeclaration", message: "No default exports." }],
    },
  },
  {
    files: ["test/vitest.config.ts", "test/*/playwright.config.ts", "test/e2e/globalSetup.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    files: ["src/*/core/**/*.ts", "src/engine/*.ts"],
    rules: restrict([noVscode, noBinding, noFfi, noDrivers, noNode, noHost, noWebview]),
  },
  {
    files: ["src/*/webview/**/*.ts", "src/ui/**/*.ts"],
    rules: restrict([noVscode, noBinding, noFfi, noDrivers, noNode, noHost]),
  },
  {
    files: ["src/engine/client/**/*.ts", "src/*/node/**/*.ts"],
    rules: restrict([noVscode, noBinding, noFfi, noDrivers, noWebview]),
  },
  { files: ["src/engine/process/**/*.ts"], rules: restrict([noVscode, noFfi, noDrivers, noWebview]) },
  {
    files: ["src/quantizer/process/**/*.ts", "src/engine/process/kernels/**/*.ts", "src/platform/process/**/*.ts"],
    rules: restrict([noVscode, noBinding, noDrivers, noWebview]),
  },
  { files: ["src/sql/process/**/*.ts"], rules: restrict([noVscode, noBinding, noFfi, noWebview]) },
  {
    files: ["src/*.ts", "src/*/host/**/*.ts"],
    rules: restrict([
      noBinding,
      noFfi,
      noDrivers,
      noWebview,
      { group: ["**/process/**"], message: "Processes are reached through their clients." },
    ]),
  },
);
