import { readFileSync } from "node:fs";
import { createConfig } from "ponder";

const { CHAIN_ID, DATABASE_URL, LEDGER, LEDGER_JSON, RPC_URL } = process.env;

export default createConfig({
  database: { kind: "postgres", connectionString: DATABASE_URL },
  chains: { devnet: { id: Number(CHAIN_ID), rpc: RPC_URL } },
  contracts: {
    Ledger: {
      chain: "devnet",
      abi: JSON.parse(readFileSync(LEDGER_JSON, "utf8")).abi,
      address: LEDGER as `0x${string}`,
      startBlock: 1,
    },
  },
});
