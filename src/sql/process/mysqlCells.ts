import { type FieldPacket, Types } from "mysql2";
import type { Cell, ResultColumn } from "../core/database";
import { kindOfType } from "../core/valueKinds";
import { bytesCell, decimalCell, floatCell, textCell } from "./cells";

/** The character set of bytes that are no text. */
const BINARY = 63;

/** By the protocol's numbers; texts and bytes share theirs. */
const names: Readonly<Record<number, string>> = {
  ...{ [Types.DECIMAL]: "decimal", [Types.NEWDECIMAL]: "decimal", [Types.TINY]: "tinyint", [Types.SHORT]: "smallint" },
  ...{ [Types.INT24]: "mediumint", [Types.LONG]: "int", [Types.LONGLONG]: "bigint", [Types.YEAR]: "year" },
  ...{ [Types.FLOAT]: "float", [Types.DOUBLE]: "double", [Types.BIT]: "bit", [Types.JSON]: "json" },
  ...{ [Types.DATE]: "date", [Types.NEWDATE]: "date", [Types.TIME]: "time", [Types.DATETIME]: "datetime" },
  ...{ [Types.TIMESTAMP]: "timestamp", [Types.ENUM]: "enum", [Types.SET]: "set", [Types.GEOMETRY]: "geometry" },
  ...{ [Types.NULL]: "" },
};

export function mysqlColumn(field: FieldPacket): ResultColumn {
  const type = typeName(field);
  return { name: field.name, type, kind: kindOfType(type) };
}

function typeName(field: FieldPacket): string {
  const known = names[field.columnType ?? -1];
  if (known !== undefined) return known;
  return field.characterSet === BINARY ? "blob" : "text";
}

/** A value as the server writes it. */
export function mysqlCell(bytes: Buffer | null, column: ResultColumn): Cell {
  if (bytes === null) return null;
  if (column.kind === "blob" || column.type === "bit" || column.type === "geometry") return bytesCell(bytes);
  const text = bytes.toString("utf8");
  switch (column.type) {
    case "float":
    case "double":
      return floatCell(Number(text));
    case "decimal":
      return decimalCell(text);
    default:
      if (column.kind !== "integer") return textCell(text);
      return Number.isSafeInteger(Number(text)) ? Number(text) : { kind: "digits", digits: text };
  }
}
