import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page, test as base } from "@playwright/test";
import { serveChat } from "./chatPage";

/** A test with the chat's page served at `url`, once for all tests of a worker. */
export const test = base.extend<object, { readonly url: string }>({
  url: [
    // Playwright reads the fixtures that a fixture needs from its first parameter, which must be a pattern.
    async ({}, use) => {
      const { server, url } = await serveChat();
      await use(url);
      server.close();
    },
    { scope: "worker" },
  ],
});

/** Nothing that axe finds in the chat's frame; rules about whole documents are not for a view beside others. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .include("iframe")
    .disableRules(["page-has-heading-one", "landmark-one-main", "region"])
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""} ${nodes[0]?.failureSummary ?? ""}`)).toEqual(
    [],
  );
}
