import { onchainTable } from "ponder";

// Whole numbers as text, as Ponder's own are numeric(78) and what is compared is the value.
export const asset = onchainTable("asset", (t) => ({
  id: t.text().primaryKey(),
  owner: t.text().notNull(),
  status: t.text().notNull(),
  value: t.text().notNull(),
  name: t.text().notNull(),
}));

export const event = onchainTable("event", (t) => ({
  id: t.text().primaryKey(),
  block: t.integer().notNull(),
  logIndex: t.integer().notNull(),
  txHash: t.text().notNull(),
  name: t.text().notNull(),
  args: t.text().notNull(),
}));
