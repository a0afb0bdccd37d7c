import { describe } from "vitest";
import { attackSuite } from "../support/sqlAttacks/attackSuite";
import { PostgresRange } from "../support/sqlAttacks/postgresRange";
import { noPostgres } from "../support/sqlServers";

describe.skipIf(noPostgres !== undefined)(noPostgres ?? "a PostgreSQL server", () => {
  attackSuite("postgres", () => PostgresRange.make());
});
