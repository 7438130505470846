import { ponder } from "ponder:registry";
import { asset, event } from "ponder:schema";

const unset = { owner: "0", status: "0", value: "0", name: "" };

// Every event is kept as it came, and folded into the asset it names: what the mirror does, less its history.
for (const name of ["Registered", "Transferred", "StatusChanged"]) {
  ponder.on(`Ledger:${name}` as never, async ({ event: one, context }: any) => {
    const args = Object.fromEntries(Object.entries(one.args).map(([field, value]) => [field, String(value)]));
    await context.db.insert(event).values({
      id: one.id,
      block: Number(one.block.number),
      logIndex: one.log.logIndex,
      txHash: one.transaction.hash,
      name,
      args: JSON.stringify(args),
    });
    const { id, previous, ...changed } = args;
    await context.db
      .insert(asset)
      .values({ id, ...unset, ...changed })
      .onConflictDoUpdate(changed);
  });
}
