import type { OpenOptions } from "./databaseService";
import type { Driver } from "./driver";

/** Opens what is asked for; a driver is loaded only when it is needed. @throws PaddockError sql/*, unsupported. */
export async function openDriver({ target, password }: OpenOptions): Promise<Driver> {
  switch (target.engine) {
    case "sqlite": {
      const { SqliteDriver } = await import("./sqliteDriver");
      return SqliteDriver.open(target.file);
    }
    case "duckdb": {
      const { DuckdbDriver } = await import("./duckdbDriver");
      return DuckdbDriver.open(target.file, target.files);
    }
    case "postgres": {
      const { PostgresDriver } = await import("./postgresDriver");
      return PostgresDriver.open(target, password);
    }
    default: {
      const { MysqlDriver } = await import("./mysqlDriver");
      return MysqlDriver.open(target, password);
    }
  }
}
