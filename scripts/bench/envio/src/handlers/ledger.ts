import { Ledger } from "../../generated/index.js";

const unset = { owner: "0", status: "0", value: "0", name: "" };

// Every event is kept as it came, and folded into the asset it names: what the mirror does, less its history.
for (const name of ["Registered", "Transferred", "StatusChanged"]) {
  Ledger[name].handler(async ({ event, context }: any) => {
    const args = Object.fromEntries(Object.entries(event.params).map(([field, value]) => [field, String(value)]));
    context.Event.set({
      id: `${event.block.number}-${event.logIndex}`,
      block: event.block.number,
      logIndex: event.logIndex,
      txHash: event.transaction.hash,
      name,
      args: JSON.stringify(args),
    });
    const { id, previous, ...changed } = args;
    const before = (await context.Asset.get(id)) ?? { id, ...unset };
    context.Asset.set({ ...before, ...changed });
  });
}
