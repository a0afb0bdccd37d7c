import type { GateVerdict, StatementGate } from "../core/gate";

/** By the first word alone: what is not a query, or one change of rows, is refused. */
export const keywordGate: StatementGate = {
  check(sql, _engine, _schema, allow): GateVerdict {
    const word = /^[\s(]*([a-z]+)/i.exec(sql)?.[1]?.toUpperCase() ?? "";
    const allowed = allow === "read" ? ["SELECT", "WITH", "VALUES"] : ["INSERT", "UPDATE", "DELETE", "WITH"];
    if (!allowed.includes(word))
      return { allowed: false, reason: "forbidden", message: `A statement that begins with ${word} is not allowed.` };
    return {
      allowed: true,
      statement: {
        ...{ sql, effect: allow, tables: [], columns: [], unknown: [], ordered: false, explanation: "" },
      },
    };
  },
  translate: (sql) => sql,
};
