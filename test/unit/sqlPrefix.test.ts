import { describe, expect, it } from "vitest";
import type { SqlLanguage } from "../../src/engine/core/sqlLanguage";
import { SqlPrefix } from "../../src/engine/core/sqlPrefix";

const language: SqlLanguage = {
  tables: [
    { name: "singer", columns: ["Singer_ID", "Name", "Country", "Age"] },
    { name: "concert", columns: ["concert_ID", "concert_Name", "Stadium_ID", "Year"] },
    { name: "stadium", columns: ["Stadium_ID", "Name", "Capacity"] },
    { name: "singer_in_concert", columns: ["concert_ID", "Singer_ID"] },
    { name: '"home games"', columns: ['"Day Of"', "Größe"] },
  ],
  joins: [
    { table: "concert", column: "Stadium_ID", toTable: "stadium", toColumn: "Stadium_ID" },
    { table: "singer_in_concert", column: "concert_ID", toTable: "concert", toColumn: "concert_ID" },
    { table: "singer_in_concert", column: "Singer_ID", toTable: "singer", toColumn: "Singer_ID" },
  ],
};
const sql = new SqlPrefix(language);

const whole = [
  "SELECT Name FROM singer",
  "SELECT DISTINCT Country FROM singer WHERE Age > 20",
  "SELECT COUNT(*) FROM singer WHERE Country = 'France'",
  "SELECT COUNT(DISTINCT Country), MAX(Age) FROM singer",
  "SELECT * FROM stadium ORDER BY Capacity DESC LIMIT 1",
  "SELECT singer.Name FROM singer JOIN singer_in_concert ON singer.Singer_ID = singer_in_concert.Singer_ID",
  "SELECT stadium.Name, COUNT(*) FROM concert JOIN stadium ON concert.Stadium_ID = stadium.Stadium_ID GROUP BY concert.Stadium_ID HAVING COUNT(*) >= 2 ORDER BY COUNT(*) DESC LIMIT 3",
  "SELECT Name FROM stadium WHERE NOT Stadium_ID IN (SELECT Stadium_ID FROM concert)",
  "SELECT Name FROM stadium WHERE Stadium_ID NOT IN (SELECT Stadium_ID FROM concert WHERE Year = 2014)",
  "SELECT Name FROM singer WHERE Age > (SELECT AVG(Age) FROM singer)",
  "SELECT Name FROM singer WHERE (Age > 20 OR Age < 10) AND Country IN ('France', 'Spain')",
  "SELECT Country FROM singer WHERE Age > 40 INTERSECT SELECT Country FROM singer WHERE Age < 30",
  "SELECT T1.Name FROM singer AS T1 JOIN singer AS T2 ON T1.Age = T2.Age WHERE T2.Name LIKE '%o''k%'",
  "SELECT Name FROM singer WHERE Age BETWEEN 20 AND 30 AND Country IS NOT NULL",
  'SELECT "Day Of", Größe FROM "home games"',
  "SELECT MAX(Capacity) - MIN(Capacity) FROM stadium",
  "SELECT Name FROM stadium WHERE Capacity > -1",
  "SELECT Name FROM singer WHERE Age = 3 OR Age = 4 AND NOT Country = 'France' AND NOT Country = 'Spain'",
];

describe("the SQL a model may write", () => {
  it.each(whole)("has %s and all its beginnings", (statement) => {
    for (let length = 1; length <= statement.length; length++) {
      const beginning = statement.slice(0, length);
      expect(sql.isBeginning(beginning), beginning).toBe(true);
    }
    expect(sql.isWhole(statement)).toBe(true);
  });

  it.each([
    ["a column that no table has", "SELECT Nam FROM"],
    ["a comment", "SELECT COUNT(*) --"],
    ["a comment between operators", "SELECT MAX(Age) - MIN(Age) /*"],
    ["columns that no table has together", "SELECT Age, Capacity"],
    ["a table without the columns used", "SELECT Capacity FROM si"],
    ["a table's column after FROM named another", "SELECT Name FROM singer WHERE Ca"],
    ["a qualified column of another table", "SELECT singer.Cap"],
    ["an end of FROM without a table that was used", "SELECT stadium.Name FROM concert WHERE"],
    [
      "a name that is ambiguous",
      "SELECT Name FROM singer JOIN singer_in_concert ON singer.Singer_ID = singer_in_concert.Singer_ID JOIN concert ON singer_in_concert.concert_ID = concert.concert_ID JOIN stadium",
    ],
    [
      "a join by columns that do not join",
      "SELECT stadium.Name FROM concert JOIN stadium ON concert.Stadium_ID = stadium.N",
    ],
    ["a table joined to itself without a name", "SELECT COUNT(*) FROM singer JOIN singer "],
    ["an aggregate in WHERE", "SELECT Name FROM singer WHERE COUNT("],
    ["an aggregate of an aggregate", "SELECT MAX(COUNT("],
    ["HAVING without groups", "SELECT Name FROM singer HAV"],
    ["an unknown function", "SELECT LOAD_EXTENSION("],
    ["a subquery of two columns", "SELECT Name FROM singer WHERE Age IN (SELECT Age, "],
    ["sets of different width", "SELECT Name FROM singer UNION SELECT Name, "],
    ["the same twice in SELECT", "SELECT Name, Name FROM"],
    ["one column that is two values at once", "SELECT Name FROM singer WHERE Age = 3 AND Age ="],
    ["a second statement", "SELECT Name FROM singer;"],
    ["a comment", "SELECT Name FROM singer --"],
    ["another statement than SELECT", "DELETE"],
    ["spaces without an end", "SELECT  "],
    ["words run into each other", "SELECT Age FROM singer WHERE Age > 20AND"],
    ["a closing parenthesis too many", "SELECT COUNT(*))"],
  ])("has not %s", (_, text) => {
    expect(sql.isBeginning(text)).toBe(false);
  });

  it.each([
    "",
    "SELECT Name",
    "SELECT Name FROM",
    "SELECT Name FROM singer WHERE Country = 'Fr",
    "SELECT stadium.Name FROM concert",
    "SELECT Name FROM singer WHERE Age >",
    "SELECT COUNT(* FROM singer",
  ])("does not end at “%s”", (text) => {
    expect(sql.isWhole(text)).toBe(false);
  });

  it("lets no beginning lead nowhere: each can be gone on with, letter by letter, to an end", () => {
    const letters = " ,.()='*<>-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_\"%ßö".split("");
    // A random walk that prefers what ends.
    let seed = 7;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const words = [
      "SELECT ",
      " FROM ",
      "singer",
      "concert",
      "stadium",
      "Name",
      " WHERE ",
      " = ",
      "20",
      " JOIN ",
      " ON ",
      "(SELECT ",
      ")",
      " GROUP BY ",
      "COUNT(",
      "*",
      ", ",
      ".",
      "singer_in_concert",
      "Singer_ID",
      "Stadium_ID",
      "concert_ID",
      "T1",
      " AS ",
      " LIMIT ",
      " ORDER BY ",
    ];
    for (let walk = 0; walk < 40; walk++) {
      let text = "";
      for (let step = 0; step < 45 && !(sql.isWhole(text) && random() < 0.3); step++) {
        const open = [...words, ...letters].filter((next) => sql.isBeginning(text + next));
        expect(open.length, `after “${text}”`).toBeGreaterThan(0);
        const good = open.filter((next) => next.length > 1);
        const choice = good.length > 0 && random() < 0.9 ? good : open;
        text += choice[Math.floor(random() * choice.length)] ?? "";
      }
    }
  });
});

describe("texts in quotes", () => {
  const texts = {
    question: "How many singers named O'Neil are from the united States, or have 'son' in the name?",
    values: [
      { table: "singer", column: "Country", value: "United States" },
      { table: "singer", column: "Country", value: "France" },
      { table: "stadium", column: "Name", value: "Stark's Park" },
    ],
  };
  const copying = new SqlPrefix({ ...language, texts });
  it.each([
    "SELECT COUNT(*) FROM singer WHERE Country = 'United States'",
    "SELECT COUNT(*) FROM singer WHERE Country = 'France'",
    "SELECT COUNT(*) FROM singer WHERE Name = 'O''Neil'",
    "SELECT COUNT(*) FROM singer WHERE Name LIKE '%son%'",
    "SELECT COUNT(*) FROM singer WHERE singer.Name LIKE 'son%'",
    "SELECT COUNT(*) FROM stadium WHERE Name = 'Stark''s Park'",
  ])("are copied: %s", (statement) => {
    for (let length = 1; length <= statement.length; length++)
      expect(copying.isBeginning(statement.slice(0, length)), statement.slice(0, length)).toBe(true);
    expect(copying.isWhole(statement)).toBe(true);
  });

  it.each([
    ["what is neither in the question nor in the database", "SELECT COUNT(*) FROM singer WHERE Country = 'Sp"],
    ["a value in another spelling", "SELECT COUNT(*) FROM singer WHERE Country = 'united States' "],
    ["a value with a column that has it not", "SELECT COUNT(*) FROM singer WHERE Name = 'United States' "],
    ["a letter of any word", "SELECT COUNT(*) FROM singer WHERE Name LIKE '%z%' "],
    ["a letter that stands in another word", "SELECT COUNT(*) FROM singer WHERE Name LIKE '%w%' "],
    ["words with a space after them", "SELECT COUNT(*) FROM singer WHERE Name = 'singers ' "],
    ["a part of a word", "SELECT COUNT(*) FROM singer WHERE Name = 'sing' "],
  ])("are not %s", (_, text) => {
    expect(copying.isBeginning(text)).toBe(false);
  });
});
