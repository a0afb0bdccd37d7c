import { describe } from "vitest";
import { attackSuite } from "../support/sqlAttacks/attackSuite";
import { MariadbRange } from "../support/sqlAttacks/mariadbRange";
import { noMariadb } from "../support/sqlServers";

describe.skipIf(noMariadb !== undefined)(noMariadb ?? "a MariaDB server", () => {
  attackSuite("mariadb", () => MariadbRange.make());
});
